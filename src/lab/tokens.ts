import { Token } from '@lumino/coreutils';

import type { Intake } from '../files';
import type { Inserter } from '../insert';
import type { PanelModel, StoredObjects } from '../model';

/** What the plugins of this extension share. */
export interface IOpenEOArtifacts {
  readonly model: PanelModel;
  readonly inserter: Inserter;
  readonly intake: Intake;
  readonly stored: StoredObjects;
}

export const IOpenEOArtifacts = new Token<IOpenEOArtifacts>(
  'jupyter-openeo-artifacts:IOpenEOArtifacts',
  'The model of the openEO artifacts panel, and the ways files go in and links come out.'
);

/** The translation domain. */
export const DOMAIN = 'jupyter_openeo_artifacts';

/** The widget id of the panel. */
export const PANEL_ID = 'jupyter-openeo-artifacts:panel';
