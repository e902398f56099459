import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Badge } from './badge';
import { StatusItem } from './statusItem';
import { IArtifactsPanel } from './panelToken';
import { DOMAIN, IOpenEOArtifacts } from './tokens';

/** What runs, told while the panel is closed: in the status bar, and on the panel's icon. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:status',
  description: 'Shows uploads in the status bar and on the icon of the panel.',
  autoStart: true,
  requires: [IOpenEOArtifacts, IArtifactsPanel],
  optional: [ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    artifacts: IOpenEOArtifacts,
    shown: IArtifactsPanel | null,
    translator: ITranslator | null
  ): Promise<void> => {
    if (!shown) {
      return;
    }
    const { activity, panel, show } = shown;
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    // All of it belongs to the application, and lives as long.
    new Badge(panel.title, activity, trans);
    const bar = await findStatusBar(app);
    bar?.registerStatusItem(statusPlugin.id, {
      item: new StatusItem(activity, trans, show),
      align: 'right',
      rank: 20,
      isActive: () => activity.now.running > 0,
      activeStateChanged: activity.changed
    });
    // The application waits for its plugins: none may wait for it.
    void app.restored.then(() => {
      if (!panel.isVisible) {
        // A page that was loaded again shows what goes on; no backend is spoken to for that.
        void artifacts.model.read(new Set(['uploads']));
      }
    });
  }
};

/** The status bar, where the application has one; Notebook has none. */
async function findStatusBar(app: JupyterFrontEnd): Promise<IStatusBar | null> {
  try {
    const { IStatusBar } = await import('@jupyterlab/statusbar');
    return await app.resolveOptionalService(IStatusBar);
  } catch {
    return null;
  }
}
