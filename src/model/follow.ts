import { type IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { Change, ITransport, Resource } from '../transport';

/** Where nobody answers, each wait is twice the one before, up to this (ms). */
const LONGEST = 300_000;

/** After a read, announcements gather this long for the next one (ms). */
const GATHER = 150;

/** States of an upload that another one follows without a person; nobody waits for these. */
const PASSING: ReadonlySet<unknown> = new Set([
  'queued',
  'receiving',
  'uploading',
  'verifying'
]);

const ALL: ReadonlySet<Resource> = new Set([
  'uploads',
  'artifacts',
  'connections'
]);

/** What changes while something runs; artifacts come with the uploads that make them. */
const RUNNING: ReadonlySet<Resource> = new Set(['uploads', 'connections']);

/** What {@link Follower} needs to know and to call. */
export interface IFollowerOptions {
  transport: Pick<ITransport, 'changes' | 'signs' | 'interval'>;
  /** Read these again; resolves to whether the server has answered. */
  read: (resources: ReadonlySet<Resource>) => Promise<boolean>;
  /** Whether something is under way that ends without a person. */
  busy: () => boolean;
  /** Take over what came with the news; false where it has to be read. */
  take?: (change: Change) => boolean;
  /** Called when there is a sign that the server may be back. */
  wake?: () => void;
}

/**
 * Keeps the model true: an announcement is a hint to read, or says it all, and while something runs
 * the truth is read now and then in case an announcement was lost. With nothing running, or nobody looking,
 * nothing is asked.
 */
export class Follower implements IDisposable {
  constructor(private readonly _options: IFollowerOptions) {
    const { changes, interval, signs } = _options.transport;
    this._interval = interval;
    changes.connect(this._onChange, this);
    this._poll = new Poll({
      name: 'jupyter-openeo-artifacts:follow',
      auto: true,
      factory: () => this._read(this._silent ? ALL : RUNNING),
      // A poll's own back-off is by chance, and falls back now and then.
      frequency: { interval, backoff: false, max: LONGEST },
      standby: () =>
        (this._visible && this._silent) ||
        ((this._visible || this.watched) && this._options.busy())
          ? 'when-hidden'
          : true
    });
    this._signs = signs;
    for (const sign of this._signs) {
      sign.connect(this._onSign, this);
    }
    window.addEventListener('focus', this._wake);
    window.addEventListener('online', this._wake);
    document.addEventListener('visibilitychange', this._wake);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Whether the panel can be seen; becoming visible reads everything once. */
  set visible(visible: boolean) {
    const shown = visible && !this._visible;
    this._visible = visible;
    if (shown) {
      void this._read(ALL);
    }
  }

  /** Whether what runs is followed out of sight, too: somebody is told of its end. */
  watched = false;

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    for (const sign of this._signs) {
      sign.disconnect(this._onSign, this);
    }
    window.removeEventListener('focus', this._wake);
    window.removeEventListener('online', this._wake);
    document.removeEventListener('visibilitychange', this._wake);
    this._options.transport.changes.disconnect(this._onChange, this);
    clearTimeout(this._gathering);
    this._poll.dispose();
    Signal.clearData(this);
  }

  /** Take note of whether the server has answered somebody; it decides when it is asked next. */
  note(answered: boolean): void {
    if (this._isDisposed || (answered && !this._silent)) {
      return;
    }
    const { interval } = this._poll.frequency;
    this._poll.frequency = {
      interval: answered
        ? this._interval
        : Math.min(LONGEST, this._silent ? 2 * interval : interval),
      backoff: false,
      max: LONGEST
    };
    this._silent = !answered;
    // The tick that was set before knows nothing of this.
    void this._poll.schedule({
      phase: 'started',
      interval: this._poll.frequency.interval
    });
  }

  private async _read(resources: ReadonlySet<Resource>): Promise<void> {
    this.note(await this._options.read(resources));
  }

  private readonly _wake = (): void => {
    if (this._silent && !document.hidden) {
      this._options.wake?.();
      void this._read(ALL);
    } else if (this._visible && !document.hidden) {
      // Another window can have signed in or out, and the announcement been lost.
      void this._read(new Set(['connections']));
    }
  };

  private _onSign(): void {
    if (this._silent) {
      this._wake();
    }
  }

  private _onChange(_: unknown, change: Change): void {
    if (this._options.take?.(change)) {
      return;
    }
    this._hinted.add(change.resource);
    this._lasting ||= !PASSING.has(change.state);
    if (
      this._gathering === undefined ||
      (this._lasting && !this._readLasting)
    ) {
      this._readHinted();
    }
  }

  /**
   * Read at once; what is announced in the time after is read together. An end breaks into that time
   * where none was read at its begin: somebody waits for it, and `verifying` comes just before.
   */
  private _readHinted(): void {
    clearTimeout(this._gathering);
    this._gathering = undefined;
    const hinted = this._hinted;
    if (hinted.size > 0) {
      this._hinted = new Set();
      this._readLasting = this._lasting;
      this._lasting = false;
      this._gathering = setTimeout(() => this._readHinted(), GATHER);
      void this._read(hinted);
    }
  }

  private readonly _interval: number;
  private readonly _poll: Poll;
  private readonly _signs: readonly ISignal<unknown, unknown>[];
  private _gathering: ReturnType<typeof setTimeout> | undefined;
  private _hinted = new Set<Resource>();
  private _lasting = false;
  private _readLasting = false;
  private _visible = false;
  private _silent = false;
  private _isDisposed = false;
}
