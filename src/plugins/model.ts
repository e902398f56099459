import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Intake } from '../files';
import { Inserter, InsertionPoint } from '../insert';
import { ArtifactsModel } from '../model';
import { DOMAIN, IOpenEOArtifacts } from '../tokens';
import { findNotebooks } from './notebooks';

/** Holds the model that all other plugins share. */
export const modelPlugin: JupyterFrontEndPlugin<IOpenEOArtifacts> = {
  id: 'jupyter-openeo-artifacts:model',
  description:
    'Holds what is known of openEO connections, staging uploads and artifacts.',
  autoStart: true,
  provides: IOpenEOArtifacts,
  optional: [ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator | null
  ): Promise<IOpenEOArtifacts> => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const notebooks = await findNotebooks(app);
    const { contents, events, serverSettings } = app.serviceManager;
    const { kernels, kernelspecs, sessions } = app.serviceManager;
    const model = new ArtifactsModel({
      serverSettings,
      events: events.stream,
      signs: [
        kernels.runningChanged,
        kernelspecs.specsChanged,
        sessions.runningChanged
      ]
    });
    const inserter = new Inserter(model, new InsertionPoint(notebooks), trans);
    return {
      model,
      inserter,
      intake: new Intake(model, inserter, contents, trans)
    };
  }
};
