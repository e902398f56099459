import type { Event, ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';

import { APIError } from '../error';
import {
  type AnswerTo,
  type Operation,
  type Params,
  ROUTES
} from '../operations';
import type { Change, ISender, ISenderOptions, ITransport } from '../transport';
import { type IRequestOptions, isJupyterThere, requestAPI } from './request';
import { TusSender } from './tusSender';

/** The schema of our announcements on Jupyter's event stream. */
export const CHANGE_SCHEMA =
  'https://events.jupyter.org/jupyter_openeo_artifacts/change/v1';

const RESOURCES: ReadonlySet<unknown> = new Set([
  'uploads',
  'artifacts',
  'connections'
]);

/** What {@link ServerTransport} is made of. */
export interface IServerOptions {
  readonly settings: ServerConnection.ISettings;
  /** Jupyter's event stream, where the application has one. */
  readonly events?: Event.Stream;
  /** Jupyter's own news, which come only while its server answers. */
  readonly signs?: readonly ISignal<unknown, unknown>[];
  /** News that a request of Jupyter's own was not answered. */
  readonly doubts?: readonly ISignal<unknown, unknown>[];
}

/** The way to the Jupyter server's extension: REST, tus and Jupyter's events. */
export class ServerTransport implements ITransport {
  constructor(private readonly _options: IServerOptions) {
    const { events, signs = [], doubts = [] } = _options;
    this.doubts = [...doubts, this._unanswered];
    this.signs = [...(events ? [events] : []), ...signs, this._answered];
    events?.connect(this._onEvent, this);
  }

  readonly kind = 'server';
  readonly interval = 1000;

  get process(): string | null {
    return this._process;
  }

  readonly signs: readonly ISignal<unknown, unknown>[];
  readonly doubts: readonly ISignal<unknown, unknown>[];

  get changes(): ISignal<this, Change> {
    return this._changes;
  }

  request<O extends Operation>(
    operation: O,
    params: Params<O>,
    signal?: AbortSignal
  ): Promise<AnswerTo<O>> {
    const [method, place] = ROUTES[operation].split(' ') as [string, string];
    const { body, ...rest } = params as { body?: IRequestOptions['body'] };
    const query: Record<string, string | null> = { ...rest };
    const segments = place
      .slice(1)
      .split('/')
      .map(segment => {
        const name = /^\{(.*)\}$/.exec(segment)?.[1];
        if (name === undefined) {
          return segment;
        }
        const value = query[name];
        delete query[name];
        return String(value);
      });
    const answer = requestAPI<AnswerTo<O>>(this._options.settings, segments, {
      method: method as IRequestOptions['method'],
      body,
      query,
      signal,
      heard: process => (this._process = process)
    });
    // Whoever reads knows itself what came of it.
    return method === 'GET' ? answer : this._told(answer);
  }

  send(options: ISenderOptions): ISender {
    return new TusSender({
      ...options,
      settings: this._options.settings,
      limit: this._limit
    });
  }

  isThere(): Promise<boolean> {
    return isJupyterThere(this._options.settings);
  }

  dispose(): void {
    this._options.events?.disconnect(this._onEvent, this);
    Signal.clearData(this);
  }

  /** Tell what the answer to a command says of the line. */
  private async _told<T>(answer: Promise<T>): Promise<T> {
    try {
      const found = await answer;
      this._answered.emit();
      return found;
    } catch (error) {
      if (error instanceof APIError && error.outage !== null) {
        this._unanswered.emit();
      }
      throw error;
    }
  }

  private _onEvent(_: unknown, event: Event.Emission): void {
    if (event.schema_id === CHANGE_SCHEMA && RESOURCES.has(event.resource)) {
      const { resource, id, state } = event;
      this._changes.emit({ resource, id, state } as Change);
    }
  }

  private readonly _answered = new Signal<this, void>(this);
  private readonly _unanswered = new Signal<this, void>(this);
  private _process: string | null = null;
  private readonly _limit = { bytes: Infinity };
  private readonly _changes = new Signal<this, Change>(this);
}
