import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { progressOf } from '../app/rows';
import {
  type ArtifactsModel,
  type ISnapshot,
  type QueuedFile,
  countUnlisted,
  isRunning
} from '../model';
import type { Upload } from '../transport';

/** How long ends are gathered before they are told together (ms). */
export const GATHER = 1000;

/** What goes on, as far as it is shown where the panel is not. */
export interface IActivity {
  /** Files on their way. */
  readonly running: number;
  /** How far these are, with those that were on their way with them, from 0 to 1; null: not known. */
  readonly done: number | null;
  /** Files that need somebody, and nobody has looked since. */
  readonly stopped: number;
}

/** A file that goes on only with a person: as an upload, or before it was one. */
export type Stopped =
  | { readonly kind: 'upload'; readonly upload: Upload }
  | { readonly kind: 'file'; readonly file: Refused };

/** What has ended with nobody looking. */
export interface IEnds {
  readonly staged: readonly Upload[];
  readonly stopped: readonly Stopped[];
}

type Refused = Extract<QueuedFile, { state: 'refused' }>;

/**
 * Follows the uploads for what tells of them out of the panel: how many there are, how far they are,
 * and what has ended while nobody looked.
 */
export class Activity implements IDisposable {
  /**
   * @param model - Whose uploads.
   * @param isSeen - Whether the panel is in sight, which tells all of this itself.
   */
  constructor(
    private readonly _model: ArtifactsModel,
    private readonly _isSeen: () => boolean
  ) {
    _model.watched = true;
    _model.changed.connect(this._update, this);
    this._update();
  }

  get now(): IActivity {
    return this._now;
  }

  /** Another {@link now}. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Files ended with nobody looking: those that need somebody at once, the others when all have. */
  get ended(): ISignal<this, IEnds> {
    return this._ended;
  }

  /** Somebody looked. */
  get looked(): ISignal<this, void> {
    return this._looked;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The panel has come into sight. */
  look(): void {
    clearTimeout(this._gathering);
    this._gathering = undefined;
    this._staged = [];
    this._stopped = [];
    this._unseen.clear();
    this._looked.emit();
    this._update();
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._model.watched = false;
      clearTimeout(this._gathering);
      this._model.changed.disconnect(this._update, this);
      Signal.clearData(this);
    }
  }

  private _update(): void {
    const { snapshot } = this._model;
    const { uploads } = snapshot;
    const files = snapshot.queuedFiles.filter(isRefused);
    const before = this._known;
    const now = new Map<string, Stand>([
      ...uploads.map(upload => [upload.id, standOf(upload)] as const),
      ...files.map(({ key }) => [key, 'stopped'] as const)
    ]);
    snapshot.sending.forEach((_, id) => this._sent.add(id));
    this._known = now;
    const isNew = (id: string): boolean =>
      (before.get(id) ?? 'running') !== now.get(id);
    // The first list also tells what was over before; what this page has sent was not.
    const isOld = (id: string): boolean =>
      !this._hasRead && !before.has(id) && !this._sent.has(id);
    for (const upload of uploads.filter(({ id }) => isNew(id) && !isOld(id))) {
      if (now.get(upload.id) === 'staged') {
        this._note(this._staged, upload);
      } else if (now.get(upload.id) === 'stopped') {
        this._note(this._stopped, { kind: 'upload', upload });
        this._unseen.add(upload.id);
      }
    }
    this._hasRead = this._model.uploads.hasRead;
    for (const file of files.filter(({ key }) => isNew(key))) {
      this._note(this._stopped, { kind: 'file', file });
      this._unseen.add(file.key);
    }
    if (this._isSeen()) {
      this._unseen.clear();
    }
    for (const id of this._unseen) {
      if (now.get(id) !== 'stopped') {
        this._unseen.delete(id); // tried again, or off the list
      }
    }
    this._put(snapshot);
    if (this._staged.length > 0 && !this._isBusy) {
      this._gather();
    }
  }

  /** Whether something comes to its end without a person. */
  private get _isBusy(): boolean {
    const { held, queuedFiles, sending, uploads } = this._model.snapshot;
    const stands = (id: string): boolean => {
      const state = sending.get(id)?.state;
      return state === 'paused' || state === 'broken';
    };
    const listed = new Set(uploads.map(({ id }) => id));
    return (
      queuedFiles.some(
        ({ state }) =>
          state === 'starting' ||
          state === 'waiting' ||
          (state === 'queued' && !held)
      ) ||
      uploads.some(
        upload => standOf(upload) === 'running' && !stands(upload.id)
      ) ||
      [...sending.keys()].some(id => !listed.has(id) && !stands(id))
    );
  }

  private _note<T>(list: T[], end: T): void {
    if (!this._isSeen()) {
      list.push(end);
      this._gather();
    }
  }

  /** Tell of what comes within the next second together. */
  private _gather(): void {
    this._gathering ??= setTimeout(() => {
      this._gathering = undefined;
      const stopped = this._stopped;
      this._stopped = [];
      let staged: readonly Upload[] = [];
      if (!this._isBusy) {
        staged = this._staged;
        this._staged = [];
      }
      if (staged.length + stopped.length > 0) {
        this._ended.emit({ staged, stopped });
      }
    }, GATHER);
  }

  private _put(snapshot: ISnapshot): void {
    const { uploads } = snapshot;
    const running = uploads.filter(isRunning);
    const waiting = countUnlisted(snapshot);
    const count = running.length + waiting;
    // Those that are staged by now count until the last one is: the share only grows.
    const batch = count === 0 ? new Set<string>() : this._batch;
    running.forEach(({ id }) => batch.add(id));
    this._batch = batch;
    const members = uploads.filter(
      upload =>
        batch.has(upload.id) && (isRunning(upload) || upload.state === 'staged')
    );
    const now = Object.freeze({
      running: count,
      done: shareOf(members, waiting),
      stopped: this._unseen.size
    });
    if (
      now.running !== this._now.running ||
      percentOf(now) !== percentOf(this._now) ||
      now.stopped !== this._now.stopped
    ) {
      this._now = now;
      this._changed.emit();
    }
  }

  private _now: IActivity = Object.freeze({
    running: 0,
    done: null,
    stopped: 0
  });
  private _known: ReadonlyMap<string, Stand> = new Map();
  private _hasRead = false;
  private readonly _sent = new Set<string>();
  private _batch = new Set<string>();
  private _staged: Upload[] = [];
  private _stopped: Stopped[] = [];
  private readonly _unseen = new Set<string>();
  private _gathering: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, IEnds>(this);
  private readonly _looked = new Signal<this, void>(this);
}

/** How far in whole percent: what is shown. */
export function percentOf({ done }: IActivity): number | null {
  return done === null ? null : Math.floor(done * 100);
}

type Stand = 'running' | 'staged' | 'stopped' | 'cancelled';

function standOf(upload: Upload): Stand {
  switch (upload.state) {
    case 'staged':
    case 'cancelled':
      return upload.state;
    case 'failed':
      return 'stopped';
    case 'paused':
      return upload.problem?.who === 'you' ? 'stopped' : 'running';
    case 'queued':
    case 'receiving':
    case 'uploading':
    case 'verifying':
      return 'running';
  }
}

function isRefused(file: QueuedFile): file is Refused {
  return file.state === 'refused';
}

/** The share of the bytes; a file that waits counts as one of middle size. */
function shareOf(members: readonly Upload[], waiting: number): number | null {
  const parts = members.flatMap(upload => {
    const progress = progressOf(upload);
    return progress === null
      ? []
      : [{ size: Math.max(1, upload.size ?? 0), progress }];
  });
  if (parts.length === 0) {
    return null;
  }
  const all = parts.reduce((sum, { size }) => sum + size, 0);
  const done = parts.reduce(
    (sum, { size, progress }) => sum + size * progress,
    0
  );
  return done / (all + (waiting * all) / parts.length);
}
