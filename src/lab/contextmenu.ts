import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { CommandIDs } from '../app';
import { IOpenEOArtifacts } from './tokens';

/** "Stage as openEO artifact" on files, and on folders too, where it says why it cannot. */
export const contextMenuPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:contextmenu',
  description: 'Adds staging to the context menu of the file browser.',
  autoStart: true,
  requires: [IOpenEOArtifacts],
  activate: (app: JupyterFrontEnd, artifacts: IOpenEOArtifacts): void => {
    // It belongs to the application, and lives as long.
    void app.contextMenu.addItem({
      command: CommandIDs.stage,
      selector: '.jp-DirListing-item[data-isdir]',
      rank: 5.5
    });
  }
};
