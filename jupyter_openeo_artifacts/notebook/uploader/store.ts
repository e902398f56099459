import { Kernel } from './kernel';
import type {
  FromKernel,
  IArtifact,
  IHere,
  IUpload,
  ILink,
  IModel
} from './protocol';
import { moment } from './quantities';
import { TEXT } from './text';
import { SILENCE, Upload } from './upload';

/** How many files are sent at a time; the others wait in the page. */
const AT_ONCE = 2;
/** How long a cancelled file stays to be seen (ms). */
const FADE = 5000;
/** How long it is said that a file was in storage already (ms): a sentence to be read. */
const STAY = 15_000;
/** How often the kernel is told that somebody looks; it stops watching after a minute without. */
const ATTEND = 20_000;

/**
 * Everything the widget knows, shared by all its views in the page. It lives as long as the widget's
 * model, so that files go on while a view is scrolled away or closed.
 */
export class Store {
  constructor(model: IModel) {
    this._kernel = new Kernel(model, message => this._hear(message));
    this._clock = setInterval(() => this._tick(), 1000);
  }

  /** The files that are not staged yet, in the order they were dropped. */
  uploads: readonly Upload[] = [];

  /** What is staged, newest first; null before the kernel has told. */
  artifacts: readonly IArtifact[] | null = null;

  /** The login that will be used; null before the kernel has told. */
  here: IHere | null = null;

  /** For how long the kernel has owed an answer to a greeting (ms), where that is worth saying. */
  get silence(): number {
    const owed = performance.now() - this._greeted;
    const said = this.uploads.some(each => each.silence > 0);
    return this._owed && owed > SILENCE && !said ? owed : 0;
  }

  /** Whether there is no line to a kernel at all. */
  get cut(): boolean {
    return this._cut;
  }

  /** Have `callback` called at each change; returns what undoes that. */
  subscribe(callback: () => void): () => void {
    this._callbacks.add(callback);
    this._greet();
    return () => this._callbacks.delete(callback);
  }

  /** Have `callback` called with what is worth saying aloud; returns what undoes that. */
  listen(callback: (text: string) => void): () => void {
    this._listeners.add(callback);
    return () => this._listeners.delete(callback);
  }

  /** Stage files. */
  add(files: readonly File[]): void {
    this.uploads = [
      ...this.uploads,
      ...files.map(
        file => new Upload(file, this._kernel, () => this._changed())
      )
    ];
    this._changed();
  }

  /** Say of each folder that it cannot be staged. */
  refuse(folders: readonly string[]): void {
    for (const name of folders) {
      const upload = new Upload(new File([], name), this._kernel, () =>
        this._changed()
      );
      this.uploads = [...this.uploads, upload];
      upload.refuse(TEXT.folder(name));
    }
  }

  /** Take a file that is over off the list. */
  dismiss(upload: Upload): void {
    this.uploads = this.uploads.filter(each => each !== upload);
    this._changed();
  }

  link(artifact: IArtifact): Promise<ILink> {
    return this._kernel.link(artifact.artifact);
  }

  dispose(): void {
    clearInterval(this._clock);
    for (const upload of this.uploads) {
      upload.cancel();
    }
    this._kernel.dispose();
    this._callbacks.clear();
    this._listeners.clear();
  }

  private _hear(message: FromKernel): void {
    this._owed = false;
    switch (message.is) {
      case 'here':
        this.here = message;
        break;
      case 'artifacts':
        this.artifacts = message.items;
        break;
      case 'upload':
        this._of(message.upload)?.hearUpload(message, this._stagedAt(message));
        break;
      case 'received':
        this._of(message.upload)?.hearReceived(message.offset, message.why);
        return;
      case 'stalled':
        this._of(message.upload)?.hearStalled(message.offset, message.problem);
        return;
      case 'unknown':
        this._of(message.upload)?.hearUnknown();
        return;
      case 'opened':
      case 'link':
      case 'refused':
        return; // answers go to who asked
    }
    this._changed();
  }

  private _stagedAt(upload: IUpload): string | null {
    const found = this.artifacts?.find(
      each => each.artifact === upload.artifact
    );
    return found ? moment(new Date(found.staged_at), TEXT.tomorrow) : null;
  }

  private _of(upload: string): Upload | undefined {
    return this.uploads.find(each => each.upload === upload);
  }

  private _changed(): void {
    this._settle();
    const next = this.uploads.find(each => each.state.is === 'waiting');
    if (next && this.uploads.filter(each => each.occupies).length < AT_ONCE) {
      void next.begin(); // which changes it, so the one after it has its turn too
      return;
    }
    for (const callback of this._callbacks) {
      callback();
    }
  }

  /** Take leave of what ended, and say aloud what is worth it. */
  private _settle(): void {
    for (const upload of this.uploads) {
      const { state } = upload;
      const view = state.is === 'going' ? state.view : null;
      if (view?.state === 'staged') {
        this.uploads = this.uploads.filter(each => each !== upload);
        this._say(`${TEXT.staged(upload.name)} ${view.advice ?? ''}`.trim());
      } else if (view?.problem && !this._told.has(view.problem)) {
        this._told.add(view.problem);
        const { message, todo } = view.problem;
        this._say(TEXT.failed(upload.name, `${message} ${todo}`));
      } else if (state.is === 'over' && !this._told.has(state)) {
        this._told.add(state);
        this._say(said(upload, state));
        if (!state.wrong) {
          const stay = upload.reused ? STAY : FADE;
          setTimeout(() => this.dismiss(upload), stay);
        }
      } else if (upload.silence > 0 && !this._told.has(state)) {
        this._told.add(state);
        this._say(TEXT.silent(upload.silence / 1000));
      } else if (view?.size) {
        const quarter = Math.floor((4 * view.bytes_stored) / view.size);
        if (quarter > (this._quarters.get(upload) ?? 0) && quarter < 4) {
          this._quarters.set(upload, quarter);
          this._say(TEXT.reached(upload.name, quarter * 25));
        }
      }
    }
  }

  private _say(text: string): void {
    for (const listener of this._listeners) {
      listener(text);
    }
  }

  private _tick(): void {
    for (const upload of this.uploads) {
      upload.look();
    }
    if (
      this._callbacks.size > 0 &&
      !document.hidden &&
      performance.now() - this._attended > ATTEND &&
      !this._cut
    ) {
      this._greet();
    }
    if (this.silence > 0) {
      this._changed();
    }
  }

  private _greet(): void {
    this._attended = performance.now();
    if (!this._owed) {
      this._owed = true;
      this._greeted = this._attended;
    }
    this._cut = !this._kernel.send({ do: 'hello' });
  }

  private readonly _kernel: Kernel;
  private readonly _clock: ReturnType<typeof setInterval>;
  private readonly _callbacks = new Set<() => void>();
  private readonly _listeners = new Set<(text: string) => void>();
  private readonly _told = new WeakSet<object>();
  private readonly _quarters = new WeakMap<Upload, number>();
  private _owed = false;
  private _cut = false;
  private _greeted = 0;
  private _attended = 0;
}

/** What to say aloud of a file that is over. */
function said(
  { name, reused }: Upload,
  { text, wrong }: { readonly text: string; readonly wrong: boolean }
): string {
  if (wrong) {
    return TEXT.failed(name, text);
  }
  return reused ? TEXT.of(name, text) : text;
}
