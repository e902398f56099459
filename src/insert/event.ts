import type { INotebookNames } from './names';

/**
 * How the uploader widget asks for a cell below its own: it sees its output only, so it dispatches
 * this event, and the notebook's side (lab/widgetbridge.ts) calls `preventDefault` and says in it
 * what the new line has to know, and what to call with it.
 */
export const INSERT_EVENT = 'jupyter-openeo-artifacts:insert';

/** The notebook that a widget is shown in. */
export interface INotebookSide extends INotebookNames {
  /** Put code in a new cell below the widget's; false where that has become impossible. */
  insertBelow(source: string): boolean;
}

/** What the event carries. */
export interface IInsertDetail {
  /** Set by who inserts. */
  notebook?: INotebookSide;
}
