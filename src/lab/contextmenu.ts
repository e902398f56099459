import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { CommandIDs } from '../app';
import { IOpenEOArtifacts } from './tokens';

/** "Stage as openEO artifact" on files and folders (it says why it cannot), and on documents' tabs. */
export const contextMenuPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:contextmenu',
  description:
    'Adds staging to the context menus of the file browser and of open files.',
  autoStart: true,
  requires: [IOpenEOArtifacts],
  activate: (app: JupyterFrontEnd, artifacts: IOpenEOArtifacts): void => {
    // They belong to the application, and live as long.
    void app.contextMenu.addItem({
      command: CommandIDs.stage,
      selector: '.jp-DirListing-item[data-isdir]',
      rank: 5.5
    });
    void app.contextMenu.addItem({
      command: CommandIDs.stageDocument,
      args: { tab: true },
      selector: '[data-type="document-title"]',
      rank: 55
    });
  }
};
