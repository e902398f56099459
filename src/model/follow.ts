import { type IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { Change, ITransport, Resource } from '../transport';
import { type Connectivity, type Contact, transition } from './connectivity';

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

/** All that is shown. */
export const ALL: ReadonlySet<Resource> = new Set([
  'uploads',
  'artifacts',
  'connections'
]);

/** What changes while something runs; artifacts come with the uploads that make them. */
const RUNNING: ReadonlySet<Resource> = new Set(['uploads', 'connections']);

/** What {@link Follower} needs to know and to call. */
export interface IFollowerOptions {
  transport: Pick<ITransport, 'changes' | 'signs' | 'doubts' | 'interval'>;
  /** Read these again, and tell {@link Follower.note} what came of it. */
  read: (resources: ReadonlySet<Resource>) => Promise<void>;
  /** Whether something is under way that ends without a person. */
  busy: () => boolean;
  /** Take over what came with the news; false where it has to be read. */
  take?: (change: Change) => boolean;
  /** Called when there is a sign that the server may be back, and when it is. */
  wake?: () => void;
  /** Called when {@link Follower.connectivity} is another one. */
  moved?: (connectivity: Connectivity) => void;
}

/**
 * Keeps the model true: an announcement is a hint to read, or says it all, and while something runs
 * the truth is read now and then in case an announcement was lost. With nothing running, or nobody looking,
 * nothing is asked.
 */
export class Follower implements IDisposable {
  constructor(private readonly _options: IFollowerOptions) {
    const { changes, doubts, interval, signs } = _options.transport;
    this._interval = interval;
    changes.connect(this._onChange, this);
    this._poll = new Poll({
      name: 'jupyter-openeo-artifacts:follow',
      auto: true,
      factory: () => this._read(this._lost ? ALL : RUNNING),
      // A poll's own back-off is by chance, and falls back now and then.
      frequency: { interval, backoff: false, max: LONGEST },
      standby: () =>
        (this._visible && this._lost) ||
        ((this._visible || this.watched) && this._options.busy())
          ? 'when-hidden'
          : true
    });
    this._signs = signs;
    this._doubts = doubts;
    for (const sign of this._signs) {
      sign.connect(this._onSign, this);
    }
    for (const doubt of this._doubts) {
      doubt.connect(this._onDoubt, this);
    }
    window.addEventListener('focus', this._wake);
    window.addEventListener('online', this._wake);
    window.addEventListener('offline', this._onOffline);
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
    for (const doubt of this._doubts) {
      doubt.disconnect(this._onDoubt, this);
    }
    window.removeEventListener('focus', this._wake);
    window.removeEventListener('online', this._wake);
    window.removeEventListener('offline', this._onOffline);
    document.removeEventListener('visibilitychange', this._wake);
    this._options.transport.changes.disconnect(this._onChange, this);
    clearTimeout(this._gathering);
    this._poll.dispose();
    Signal.clearData(this);
  }

  /** Whether the server answers, and since when. */
  get connectivity(): Connectivity {
    return this._connectivity;
  }

  /** Take note of what tells something about the line; it decides when what is asked next. */
  note(contact: Contact): void {
    if (this._isDisposed) {
      return;
    }
    const before = this._connectivity;
    const [now, question] = transition(before, contact);
    this._connectivity = now;
    this._setPace(contact, before.state === 'lost');
    if (now !== before) {
      this._options.moved?.(now);
    }
    const mayBeBack = contact.type === 'answered' || contact.type === 'hope';
    if (before.state === 'lost' && mayBeBack) {
      this._options.wake?.();
    }
    if (question === 'presence') {
      void this._read(RUNNING);
    } else if (question === 'everything' && !this._readsAll) {
      void this._read(ALL);
    }
  }

  /** Ask ever less often where nobody answers, and as before where somebody does. */
  private _setPace({ type }: Contact, wasLost: boolean): void {
    const lost = this._lost;
    if (lost ? type !== 'unanswered' : !wasLost) {
      return;
    }
    const { interval } = this._poll.frequency;
    this._poll.frequency = {
      interval: lost
        ? Math.min(LONGEST, wasLost ? 2 * interval : interval)
        : this._interval,
      backoff: false,
      max: LONGEST
    };
    // The tick that was set before knows nothing of this.
    void this._poll.schedule({
      phase: 'started',
      interval: this._poll.frequency.interval
    });
  }

  private async _read(resources: ReadonlySet<Resource>): Promise<void> {
    const all = resources === ALL;
    this._readsAll ||= all;
    try {
      await this._options.read(resources);
    } finally {
      this._readsAll &&= !all;
    }
  }

  private get _lost(): boolean {
    return this._connectivity.state === 'lost';
  }

  private readonly _wake = (): void => {
    if (document.hidden) {
      return;
    }
    if (this._lost) {
      this.note({ type: 'hope' });
    } else if (this._visible) {
      // Another window can have signed in or out, and the announcement been lost.
      void this._read(new Set(['connections']));
    }
  };

  private _onSign(): void {
    if (!document.hidden) {
      this.note({ type: 'hope' });
    }
  }

  private _onDoubt(): void {
    if (this._visible) {
      this.note({ type: 'doubt' });
    }
  }

  private readonly _onOffline = (): void => this._onDoubt();

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
  private readonly _doubts: readonly ISignal<unknown, unknown>[];
  private _gathering: ReturnType<typeof setTimeout> | undefined;
  private _hinted = new Set<Resource>();
  private _lasting = false;
  private _readLasting = false;
  private _visible = false;
  private _readsAll = false;
  private _connectivity: Connectivity = { state: 'unknown' };
  private _isDisposed = false;
}
