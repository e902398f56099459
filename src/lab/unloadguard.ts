import {
  ILabStatus,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { IDisposable } from '@lumino/disposable';

import { IOpenEOArtifacts } from './tokens';

/** Asks before the page is left while it has files still to be sent, as for unsaved documents. */
export const unloadGuardPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:unload-guard',
  description:
    'Asks before leaving the page while files are being sent, or can be tried again.',
  autoStart: true,
  requires: [IOpenEOArtifacts],
  optional: [ILabStatus],
  activate: (
    app: JupyterFrontEnd,
    artifacts: IOpenEOArtifacts,
    status: ILabStatus | null
  ): void => {
    const { model } = artifacts;
    let dirty: IDisposable | null = null;
    model.changed.connect(() => {
      const { sending, queuedFiles } = model.snapshot;
      const busy =
        sending.size > 0 ||
        queuedFiles.some(
          file => file.state !== 'refused' || file.again || file.otherName
        );
      if (busy && !dirty) {
        dirty = status?.setDirty() ?? null;
      } else if (!busy) {
        dirty?.dispose();
        dirty = null;
      }
    });
  }
};
