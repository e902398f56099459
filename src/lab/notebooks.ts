import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker } from '@jupyterlab/notebook';

/**
 * The notebooks of an application, if it has any.
 *
 * Their package is asked for only here: an application without it would refuse to load an extension
 * that names it at the start.
 */
export async function findNotebooks(
  app: JupyterFrontEnd
): Promise<INotebookTracker | null> {
  try {
    const { INotebookTracker } = await import('@jupyterlab/notebook');
    return await app.resolveOptionalService(INotebookTracker);
  } catch {
    return null;
  }
}
