export { ArtifactsPanel } from './panel';
