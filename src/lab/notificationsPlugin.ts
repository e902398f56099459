import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { followSetting } from './closedSettings';
import { EndNotices } from './endNotices';
import { IArtifactsPanel } from './panelToken';
import { DOMAIN, IOpenEOArtifacts } from './tokens';

/** Notifications of what ended while the panel was closed. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:notifications',
  description: 'Tells of staged and failed files while the panel is closed.',
  autoStart: true,
  requires: [IOpenEOArtifacts, IArtifactsPanel],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    artifacts: IOpenEOArtifacts,
    shown: IArtifactsPanel | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): void => {
    if (shown) {
      // It belongs to the application, and lives as long.
      new EndNotices({
        model: artifacts.model,
        activity: shown.activity,
        commands: app.commands,
        trans: (translator ?? nullTranslator).load(DOMAIN),
        wanted: followSetting(registry, 'notifications')
      });
    }
  }
};
