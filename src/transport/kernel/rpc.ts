import { type ISignal, Signal } from '@lumino/signaling';

import { APIError, KERNEL_GONE } from '../error';
import type { Problem } from '../types';

/** A kernel that says nothing for so long is said to be silent (ms). */
export const SILENCE = 10_000;

/** A kernel that speaks may take so long for one answer (ms). */
const PATIENCE = 60_000;

/** What takes messages to a kernel and back: a widget's model, or a line of our own. */
export interface ICarrier {
  /** Send a message; throws where there is no kernel at the other end. */
  send(message: object, buffers?: readonly ArrayBuffer[]): void;
  /** Hear each message, and that the line has ended for good; returns what ends that. */
  listen(hear: (message: unknown) => void, end?: () => void): () => void;
}

/** How a request is sent, and how long its answer is waited for. */
export interface IRPCOptions {
  readonly signal?: AbortSignal;
  /** Bytes that go with it. */
  readonly bytes?: ArrayBuffer;
  /** Wait without a limit: who asks looks for silence itself. */
  readonly patient?: boolean;
}

/** What the kernel has refused; of bytes that found no room, with how far all bytes are there. */
export class KernelError extends APIError {
  constructor(
    status: number,
    problem: Problem,
    readonly offset: number | null
  ) {
    super(status, problem.message, problem);
  }
}

interface IPending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What may come from a kernel. */
interface IMessage {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: {
    readonly message?: string;
    readonly data?: Problem & { status?: number; offset?: number };
  };
}

/** JSON-RPC 2.0 over messages that may be lost: requests, answers by their ids, notifications. */
export class RPCClient {
  constructor(private readonly _carrier: ICarrier) {
    this._unlisten = _carrier.listen(
      message => this._hear(message),
      () => this._end()
    );
  }

  /** The kernel has said something. */
  get heard(): ISignal<this, void> {
    return this._heard;
  }

  /** Its notifications: method and parameters. */
  get notified(): ISignal<this, { method: string; params: unknown }> {
    return this._notified;
  }

  /** The kernel is gone: it was restarted or shut down. */
  get ended(): ISignal<this, void> {
    return this._ended;
  }

  /** Whether there is no kernel at the other end. */
  get cut(): boolean {
    return this._cut;
  }

  /** Ask; throws {@link APIError}, with an outage where no answer comes. */
  request(
    method: string,
    params: object,
    { signal, bytes, patient = false }: IRPCOptions = {}
  ): Promise<unknown> {
    const id = newId();
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const settle = (): void => {
        clearTimeout(timer);
        this._pending.delete(id);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        settle();
        reject(new DOMException('aborted', 'AbortError'));
      };
      const onLate = (): void => {
        settle();
        reject(new APIError(0, 'The kernel has not answered.'));
      };
      if (signal?.aborted) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort);
      this._pending.set(id, {
        resolve: result => {
          settle();
          resolve(result);
        },
        reject: error => {
          settle();
          reject(error);
        }
      });
      const sent = performance.now();
      if (!patient) {
        timer = setTimeout(() => {
          if (this._heardAt < sent) {
            onLate();
          } else {
            timer = setTimeout(onLate, PATIENCE - SILENCE);
          }
        }, SILENCE);
      }
      try {
        const message = { jsonrpc: '2.0', id, method, params };
        this._carrier.send(message, bytes && [bytes]);
        this._cut = false;
      } catch {
        this._cut = true;
        settle();
        reject(gone());
      }
    });
  }

  dispose(): void {
    this._unlisten();
    this._pending.clear();
    Signal.clearData(this);
  }

  /** Whoever waits for an answer gets none. */
  private _end(): void {
    this._cut = true;
    for (const { reject } of [...this._pending.values()]) {
      reject(gone());
    }
    this._ended.emit();
  }

  private _hear(content: unknown): void {
    const message = (content ?? {}) as IMessage;
    if (message.jsonrpc !== '2.0') {
      return;
    }
    this._heardAt = performance.now();
    const { id, method, params, error } = message;
    if (typeof method === 'string') {
      this._notified.emit({ method, params });
    } else if (typeof id === 'string') {
      // Other tabs have the same line: their answers come here, too.
      const pending = this._pending.get(id);
      if (error) {
        pending?.reject(refused(error));
      } else {
        pending?.resolve(message.result);
      }
    }
    this._heard.emit();
  }

  private readonly _pending = new Map<string, IPending>();
  private readonly _heard = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, void>(this);
  private readonly _notified = new Signal<
    this,
    { method: string; params: unknown }
  >(this);
  private readonly _unlisten: () => void;
  private _heardAt = -Infinity;
  private _cut = false;
}

/** There is nobody any more who could answer here. */
function gone(): APIError {
  const message = 'The kernel was restarted or shut down.';
  const problem: Problem = {
    code: KERNEL_GONE,
    message,
    todo: 'Run the cell again, and drop the file there.',
    who: 'you',
    request_id: null
  };
  return new APIError(0, message, problem, 'stopped');
}

function refused({ message, data }: NonNullable<IMessage['error']>): APIError {
  if (!data || typeof data.code !== 'string') {
    return new APIError(500, message ?? 'The kernel has refused it.');
  }
  const { status = 500, offset = null, ...problem } = data;
  return new KernelError(status, problem, offset);
}

/** A word nobody else uses; `crypto.randomUUID` is not there on plain http. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), byte =>
    byte.toString(16).padStart(2, '0')
  ).join('');
}
