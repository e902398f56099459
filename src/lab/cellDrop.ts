import type { IDisposable } from '@lumino/disposable';

import type { Artifact } from '../transport';
import type { Inserter } from '../insert';
import type { ArtifactsModel } from '../model';

/** What a drag of artifacts carries for us: their ids. */
const ARTIFACTS = 'application/vnd.jupyter-openeo-artifacts+json';

/** Give a drag what it carries; other places than cells take the storage URIs. */
export function carryArtifacts(
  artifacts: readonly Artifact[],
  transfer: DataTransfer
): void {
  transfer.effectAllowed = 'copy';
  transfer.setData(ARTIFACTS, JSON.stringify(artifacts.map(({ id }) => id)));
  transfer.setData('text/plain', artifacts.map(({ uri }) => uri).join('\n'));
}

/**
 * Takes artifacts that are dropped on a cell: what the setting says is inserted where they are let go.
 *
 * A cell's editor would take the text of the drag; what is inserted is written only then, for that notebook.
 */
export class CellDrop implements IDisposable {
  constructor(
    private readonly _model: ArtifactsModel,
    private readonly _inserter: Inserter
  ) {
    // Before the editor's own listeners.
    window.addEventListener('dragover', this, true);
    window.addEventListener('drop', this, true);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    window.removeEventListener('dragover', this, true);
    window.removeEventListener('drop', this, true);
  }

  handleEvent(event: DragEvent): void {
    const { dataTransfer: transfer, target, clientX, clientY } = event;
    if (!transfer?.types.includes(ARTIFACTS) || !(target instanceof Element)) {
      return;
    }
    const { point } = this._inserter;
    if (event.type === 'dragover') {
      if (point.takes(target)) {
        event.preventDefault();
        transfer.dropEffect = 'copy';
      }
      return;
    }
    if (point.goTo(target, clientX, clientY)) {
      event.preventDefault();
      event.stopPropagation();
      const ids = JSON.parse(transfer.getData(ARTIFACTS)) as string[];
      void this._inserter.insert(
        ids.flatMap(id => this._model.artifact(id) ?? [])
      );
    }
  }

  private _isDisposed = false;
}
