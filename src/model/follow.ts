import type { Event } from '@jupyterlab/services';
import { type IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';

/** The schema of our announcements on Jupyter's event stream. */
export const CHANGE_SCHEMA =
  'https://events.jupyter.org/jupyter_openeo_artifacts/change/v1';

/** How often the truth is read while something runs (ms). */
const INTERVAL = 1000;

/** After a read, announcements gather this long for the next one (ms). */
const GATHER = 150;

/** States of a job that another one follows by itself; nobody waits for these. */
const PASSING: ReadonlySet<unknown> = new Set([
  'queued',
  'receiving',
  'uploading',
  'verifying'
]);

export type Resource = 'jobs' | 'artifacts' | 'connections';

/** What {@link Follower} needs to know and to call. */
export interface IFollowerOptions {
  /** Jupyter's event stream; absent where an application has none. */
  stream?: Event.Stream;
  /** Read these anew. */
  read: (resources: ReadonlySet<Resource>) => Promise<unknown>;
  /** Whether something is under way that ends by itself. */
  busy: () => boolean;
}

/**
 * Keeps the model true: an announcement is a hint to read, and while something runs the truth is
 * read every second in case an announcement was lost. With nothing running, or nobody looking,
 * nothing is asked.
 */
export class Follower implements IDisposable {
  constructor(private readonly _options: IFollowerOptions) {
    this._options.stream?.connect(this._onEvent, this);
    this._poll = new Poll({
      name: 'jupyter-openeo-artifacts:follow',
      auto: true,
      factory: () => this._options.read(new Set(['jobs', 'connections'])),
      frequency: { interval: INTERVAL, backoff: 1.5, max: 10 * INTERVAL },
      standby: () =>
        this._visible && this._options.busy() ? 'when-hidden' : true
    });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Whether the panel can be seen; becoming visible reads everything once. */
  set visible(visible: boolean) {
    const shown = visible && !this._visible;
    this._visible = visible;
    if (shown) {
      void this._options.read(new Set(['jobs', 'artifacts', 'connections']));
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._options.stream?.disconnect(this._onEvent, this);
    clearTimeout(this._gathering);
    this._poll.dispose();
    Signal.clearData(this);
  }

  private _onEvent(_: unknown, event: Event.Emission): void {
    if (event.schema_id !== CHANGE_SCHEMA) {
      return;
    }
    const { resource, state } = event;
    if (
      resource === 'jobs' ||
      resource === 'artifacts' ||
      resource === 'connections'
    ) {
      this._hinted.add(resource);
      this._lasting ||= !PASSING.has(state);
      if (
        this._gathering === undefined ||
        (this._lasting && !this._readLasting)
      ) {
        this._readHinted();
      }
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
      void this._options.read(hinted);
    }
  }

  private readonly _poll: Poll;
  private _gathering: ReturnType<typeof setTimeout> | undefined;
  private _hinted = new Set<Resource>();
  private _lasting = false;
  private _readLasting = false;
  private _visible = false;
  private _isDisposed = false;
}
