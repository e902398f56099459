import { Token } from '@lumino/coreutils';

import type { Intake } from '../files';
import type { Inserter } from '../insert';
import type { PanelModel } from '../model';
import type { Activity } from './activity';
import type { ArtifactsPanel } from './panel';

/** What the plugins of this extension share. */
export interface IOpenEOArtifacts {
  readonly model: PanelModel;
  readonly inserter: Inserter;
  readonly intake: Intake;
}

export const IOpenEOArtifacts = new Token<IOpenEOArtifacts>(
  'jupyter-openeo-artifacts:IOpenEOArtifacts',
  'The model of the openEO artifacts panel, and the ways files go in and links come out.'
);

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

/** The translation domain. */
export const DOMAIN = 'jupyter_openeo_artifacts';

/** The widget id of the panel. */
export const PANEL_ID = 'jupyter-openeo-artifacts:panel';
