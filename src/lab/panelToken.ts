import { Token } from '@lumino/coreutils';

import type { Activity } from './activity';
import type { ArtifactsPanel } from './panel';

/** The panel of an application that has a side for it, and what goes on while it is closed. */
export interface IArtifactsPanel {
  readonly panel: ArtifactsPanel;
  readonly activity: Activity;
  /** Bring it to the front. */
  readonly show: () => void;
}

export const IArtifactsPanel = new Token<IArtifactsPanel | null>(
  'jupyter-openeo-artifacts:IArtifactsPanel',
  'The openEO artifacts panel, with what goes on while it is closed; null where there is no side for it.'
);
