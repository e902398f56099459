import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Activity } from './activity';
import { CellDrop } from './cellDrop';
import { ArtifactsPanel } from './panel';
import { IArtifactsPanel } from './panelToken';
import { DOMAIN, IOpenEOArtifacts, PANEL_ID } from './tokens';
import { hasSideArea, showPanel } from './sidearea';

/** The side panel, in an application that has a side. */
export const panelPlugin: JupyterFrontEndPlugin<IArtifactsPanel | null> = {
  id: 'jupyter-openeo-artifacts:panel',
  description: 'Adds the openEO artifacts panel to the left sidebar.',
  autoStart: true,
  provides: IArtifactsPanel,
  requires: [IOpenEOArtifacts],
  optional: [ILabShell, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    artifacts: IOpenEOArtifacts,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): IArtifactsPanel | null => {
    if (!hasSideArea(app.shell, labShell)) {
      return null;
    }
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const panel = new ArtifactsPanel({
      ...artifacts,
      commands: app.commands,
      trans
    });
    panel.id = PANEL_ID;
    artifacts.model.notices.said.connect((_, notice) => {
      // A command can be run from anywhere: what it says must be seen there.
      if (notice && notice.kind !== 'wait' && !panel.isVisible) {
        const bad = notice.kind === 'error';
        Notification.emit(notice.text, bad ? 'error' : 'success', {
          autoClose: bad ? false : 5000
        });
      }
    });
    // As long as the application.
    new CellDrop(artifacts.model, artifacts.inserter);
    app.shell.add(panel, 'left', { rank: 650, type: 'openEO artifacts' });
    restorer?.add(panel, PANEL_ID);
    const activity = new Activity(artifacts.model, () => panel.isVisible);
    panel.sighted.connect((_, inSight) => {
      if (inSight) {
        activity.look();
      }
    });
    return {
      panel,
      activity,
      show: () => showPanel(app.shell, labShell, PANEL_ID)
    };
  }
};
