import { referenceText } from '../../../src/insert/text';
import type { IArtifact } from './protocol';

/**
 * A widget sees its own output only. In JupyterLab and Notebook 7 our extension listens for this
 * event, puts a cell below the one it came from and calls `preventDefault`; elsewhere (VS Code,
 * Colab) nobody does.
 */
export const INSERT_EVENT = 'jupyter-openeo-artifacts:insert';

/** What the event carries: data, never code. */
export interface IInsertDetail {
  readonly uri: string;
  readonly backend: string;
  readonly name: string;
}

/** Ask whoever has the notebook to insert the lines that read an artifact; whether somebody did. */
export function askToInsert(from: Element, artifact: IArtifact): boolean {
  const detail: IInsertDetail = {
    uri: artifact.uri,
    backend: artifact.backend,
    name: artifact.name
  };
  const event = new CustomEvent(INSERT_EVENT, {
    detail,
    bubbles: true,
    composed: true,
    cancelable: true
  });
  return !from.dispatchEvent(event);
}

/** The lines that read an artifact. */
export function linesFor(artifact: IArtifact): string {
  return referenceText(artifact.uri, artifact.backend);
}
