export * from './contents';
export * from './dropped';
export { filesToStage, isLeftOut } from './folder';
export * from './folderEvent';
export * from './geojson';
export * from './intake';
export * from './target';
