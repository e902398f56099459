import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { INotebookTracker } from '@jupyterlab/notebook';

import { INSERT_EVENT, readInsertDetail } from '../insert/event';
import { referenceText } from '../insert/text';
import { findNotebooks } from './notebooks';

/** Lets the uploader widget put a cell below the one it is shown in. */
export const widgetBridgePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:widget-bridge',
  description: 'Inserts a cell where the uploader widget asks for one.',
  autoStart: true,
  activate: async (app: JupyterFrontEnd): Promise<void> => {
    const tracker = await findNotebooks(app);
    if (tracker) {
      // It belongs to the application, and lives as long.
      document.addEventListener(INSERT_EVENT, event =>
        insertForWidget(event, tracker)
      );
    }
  }
};

/**
 * Insert the lines that read an artifact below the cell that the event comes from. An event that is
 * left alone tells the widget to copy them instead.
 */
export function insertForWidget(
  event: Event,
  tracker: Pick<INotebookTracker, 'find'>
): void {
  const { target } = event;
  const wanted = readInsertDetail((event as CustomEvent<unknown>).detail);
  if (!wanted || !(target instanceof Node)) {
    return;
  }
  const panel = tracker.find(each => each.node.contains(target));
  const model = panel?.content.model;
  const index = panel
    ? panel.content.widgets.findIndex(cell => cell.node.contains(target))
    : -1;
  if (!panel || !model || model.readOnly || index < 0) {
    return;
  }
  model.sharedModel.insertCell(index + 1, {
    cell_type: 'code',
    source: referenceText(wanted.uri, wanted.backend),
    // Written by the person's own click, like a cell they add themselves.
    metadata: { trusted: true }
  });
  event.preventDefault();
}
