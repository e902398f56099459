/**
 * How the uploader widget asks for a cell below its own: it sees its output only, so it dispatches
 * this event, and the notebook's side (plugins/widgetbridge.ts) inserts and calls `preventDefault`.
 */
export const INSERT_EVENT = 'jupyter-openeo-artifacts:insert';

/** What the event carries: data, never code. */
export interface IInsertDetail {
  readonly uri: string;
  readonly backend: string;
  readonly name: string;
}

/** Read an event's detail; null where it is not of this form. */
export function readInsertDetail(detail: unknown): IInsertDetail | null {
  const { uri, backend, name } = (detail ?? {}) as Record<string, unknown>;
  return typeof uri === 'string' &&
    typeof backend === 'string' &&
    typeof name === 'string'
    ? { uri, backend, name }
    : null;
}
