import { twinsOf } from '../../../src/app/format';
import { ArtifactRow } from './artifactrow';
import type { Store } from './store';
import { bringsFiles, dropped } from './dropped';
import { align, button, make, show, write } from './elements';
import type { IArtifact } from './protocol';
import { TEXT } from './text';
import type { Upload } from './upload';
import { UploadRow } from './uploadrow';

/** One output area that shows the widget; several may share a store. */
export class View {
  constructor(
    private readonly _store: Store,
    host: HTMLElement
  ) {
    this._root.setAttribute('role', 'group');
    this._root.setAttribute('aria-label', TEXT.title);
    this._live.setAttribute('role', 'status');
    this._notice.setAttribute('role', 'note');
    this._input.type = 'file';
    this._input.multiple = true;
    this._input.hidden = true;
    this._input.addEventListener('change', this._chosen);
    const hint = make('span', 'hint', TEXT.drop);
    this._zone.append(
      hint,
      button(TEXT.choose, TEXT.chooseFiles, () => this._input.click()),
      this._input
    );
    this._root.append(
      this._notice,
      this._zone,
      this._uploadsTitle,
      this._uploads,
      this._artifactsTitle,
      this._artifacts,
      this._nothing,
      this._live
    );
    for (const kind of [
      'dragenter',
      'dragover',
      'dragleave',
      'drop'
    ] as const) {
      this._root.addEventListener(kind, this._drag);
    }
    host.append(this._root);
    this._leave = [
      _store.subscribe(() => this._update()),
      _store.listen(text => this._say(text))
    ];
    this._update();
  }

  dispose(): void {
    for (const leave of this._leave) {
      leave();
    }
    this._root.remove();
  }

  private _update(): void {
    const { artifacts, uploads } = this._store;
    const notice = this._noticeText();
    write(this._notice, notice);
    show(this._notice, notice !== '');
    write(this._uploadsTitle, TEXT.staging(uploads.length));
    show(this._uploadsTitle, uploads.length > 0);
    align<Upload, UploadRow>(
      this._uploads,
      this._uploadRows,
      uploads.map(upload => [String(upload.key), upload] as const),
      upload => new UploadRow(upload, () => this._store.dismiss(upload)),
      row => row.update()
    );
    write(this._artifactsTitle, TEXT.artifacts(artifacts?.length ?? 0));
    show(this._artifactsTitle, Boolean(artifacts?.length));
    show(this._artifacts, Boolean(artifacts?.length));
    show(this._nothing, artifacts?.length === 0 && uploads.length === 0);
    const twins = twinsOf(artifacts ?? []);
    align<IArtifact, ArtifactRow>(
      this._artifacts,
      this._artifactRows,
      (artifacts ?? []).map(each => [each.artifact, each] as const),
      each =>
        new ArtifactRow(
          each,
          () => this._store.link(each),
          text => this._say(text)
        ),
      (row, each) => row.update(twins.has(each))
    );
  }

  private _noticeText(): string {
    const { here, silence, cut } = this._store;
    if (cut) {
      return TEXT.unreachable;
    }
    if (silence > 0) {
      return TEXT.silent(silence / 1000);
    }
    const problem = here?.problem;
    return problem ? `${problem.message} ${problem.todo}`.trim() : '';
  }

  private _take(files: readonly File[], folders: readonly string[]): void {
    if (folders.length > 0) {
      this._store.refuse(folders);
    }
    if (files.length > 0) {
      this._store.add(files);
    }
  }

  private _say(text: string): void {
    write(this._live, text);
  }

  private readonly _chosen = (): void => {
    this._take(Array.from(this._input.files ?? []), []);
    this._input.value = ''; // so that the same file can be chosen again
  };

  private readonly _drag = (event: DragEvent): void => {
    if (!bringsFiles(event)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    switch (event.type) {
      case 'dragenter':
      case 'dragover':
        if (event.dataTransfer) {
          event.dataTransfer.dropEffect = 'copy';
        }
        this._over(true);
        break;
      case 'dragleave':
        if (!this._root.contains(event.relatedTarget as Node | null)) {
          this._over(false);
        }
        break;
      case 'drop': {
        this._over(false);
        const { files, folders } = dropped(event);
        this._take(files, folders);
        break;
      }
    }
  };

  private _over(over: boolean): void {
    this._zone.classList.toggle('joa-mod-over', over);
  }

  private readonly _root = make('div', 'uploader');
  private readonly _notice = make('div', 'notice');
  private readonly _zone = make('div', 'zone');
  private readonly _input = make('input', 'input');
  private readonly _uploadsTitle = make('div', 'title');
  private readonly _uploads = make('ul', 'list');
  private readonly _artifactsTitle = make('div', 'title');
  private readonly _artifacts = make('ul', 'list');
  private readonly _nothing = make('div', 'nothing', TEXT.nothing);
  private readonly _live = make('div', 'live');
  private readonly _uploadRows = new Map<string, UploadRow>();
  private readonly _artifactRows = new Map<string, ArtifactRow>();
  private readonly _leave: (() => void)[];
}
