import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { FOLDER_EVENT, type IFolderDetail, filesToStage } from '../files';
import { namesOf } from '../insert/cell';
import { type IInsertDetail, INSERT_EVENT } from '../insert/event';
import { findNotebooks } from './notebooks';

/** Lets the uploader widget put a cell below the one it is shown in. */
export const widgetBridgePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:widget-bridge',
  description:
    'Inserts a cell, and reads a folder, where the uploader widget asks for it.',
  autoStart: true,
  activate: async (app: JupyterFrontEnd): Promise<void> => {
    // It belongs to the application, and lives as long.
    document.addEventListener(FOLDER_EVENT, readFolders);
    const tracker = await findNotebooks(app);
    if (tracker) {
      document.addEventListener(INSERT_EVENT, event =>
        insertForWidget(event, tracker)
      );
    }
  }
};

/** Offer a widget what reads folders. */
export function readFolders(event: Event): void {
  const detail = (event as CustomEvent<IFolderDetail | null>).detail;
  if (detail && typeof detail === 'object') {
    detail.filesToStage = filesToStage;
  }
}

/**
 * Offer the notebook of the cell that the event comes from. An event that is left alone tells the
 * widget to copy the lines instead.
 */
export function insertForWidget(
  event: Event,
  tracker: Pick<INotebookTracker, 'find'>
): void {
  const { target } = event;
  const detail = (event as CustomEvent<IInsertDetail | null>).detail;
  if (!detail || typeof detail !== 'object' || !(target instanceof Node)) {
    return;
  }
  const panel = tracker.find(each => each.node.contains(target));
  const place = panel && placeBelow(panel, target);
  if (!panel || !place) {
    return;
  }
  detail.notebook = {
    ...namesOf(panel.content.widgets, place.index),
    insertBelow: source => {
      // The line was being written meanwhile: cells may have moved, or the notebook is closed.
      const now = placeBelow(panel, target);
      now?.insert(String(source));
      return now !== null;
    }
  };
  event.preventDefault();
}

/** The cell that has a node, and what puts code below it; null where nothing may be put. */
function placeBelow(
  panel: NotebookPanel,
  node: Node
): { index: number; insert: (source: string) => void } | null {
  const { model, widgets } = panel.content;
  const index = widgets.findIndex(cell => cell.node.contains(node));
  if (!model || model.readOnly || index < 0) {
    return null;
  }
  return {
    index,
    insert: source =>
      model.sharedModel.insertCell(index + 1, {
        cell_type: 'code',
        source,
        // Written by the person's own click, like a cell they add themselves.
        metadata: { trusted: true }
      })
  };
}
