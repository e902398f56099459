import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Intake } from '../files';
import { Inserter, InsertionPoint } from '../insert';
import { StoredObjects, makePanelModel } from '../model';
import { ServerTransport, apiURL } from '../transport/server';
import { dialogs } from './dialogs';
import { translateSettings } from './settingsTexts';
import { DOMAIN, IOpenEOArtifacts } from './tokens';
import { findNotebooks } from './notebooks';

/** Holds the model that all other plugins share. */
export const modelPlugin: JupyterFrontEndPlugin<IOpenEOArtifacts> = {
  id: 'jupyter-openeo-artifacts:model',
  description:
    'Holds what is known of openEO connections, staging uploads and artifacts.',
  autoStart: true,
  provides: IOpenEOArtifacts,
  optional: [ITranslator, ISettingRegistry],
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    registry: ISettingRegistry | null
  ): Promise<IOpenEOArtifacts> => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    if (registry) {
      translateSettings(registry, trans);
    }
    const notebooks = await findNotebooks(app);
    const { connectionFailure, contents, events, serverSettings } =
      app.serviceManager;
    const { kernels, kernelspecs, sessions } = app.serviceManager;
    const model = makePanelModel(
      new ServerTransport({
        settings: serverSettings,
        events: events.stream,
        signs: [
          kernels.runningChanged,
          kernelspecs.specsChanged,
          sessions.runningChanged
        ],
        doubts: [connectionFailure]
      })
    );
    const point = new InsertionPoint(notebooks);
    const inserter = new Inserter(model, point, dialogs, trans);
    return {
      model,
      inserter,
      intake: new Intake(model, inserter, contents, trans),
      stored: new StoredObjects(
        model.client,
        (connection, uri) =>
          apiURL(serverSettings, 'stored', 'content') +
          URLExt.objectToQueryString({ connection, uri })
      )
    };
  }
};
