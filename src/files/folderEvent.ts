import type { IDropped } from './dropped';
import type { IAsking } from './many';

/**
 * How the uploader widget asks for what reads folders, which is not in its own small bundle: it
 * dispatches this event, and our extension of JupyterLab (lab/widgetbridge.ts) answers in it.
 */
export const FOLDER_EVENT = 'jupyter-openeo-artifacts:folder';

/** What the event carries. */
export interface IFolderDetail {
  /** Set by who reads folders: the files to stage, as the person has answered. */
  filesToStage?: (
    dropped: IDropped,
    asking: IAsking
  ) => Promise<readonly File[]>;
}
