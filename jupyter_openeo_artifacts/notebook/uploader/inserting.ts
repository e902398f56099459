import { type IInsertDetail, INSERT_EVENT } from '../../../src/insert/event';
import { referenceText } from '../../../src/insert/text';
import type { IArtifact } from './protocol';

/**
 * Ask whoever has the notebook to insert the lines that read an artifact; returns whether somebody
 * did. In JupyterLab and Notebook 7 our extension does; elsewhere (VS Code, Colab) nobody listens.
 */
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
