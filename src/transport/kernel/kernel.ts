import { type ISignal, Signal } from '@lumino/signaling';

import type { AnswerTo, Operation, Params } from '../operations';
import type { Change, ISender, ISenderOptions, ITransport } from '../transport';
import type { Connection, Problem } from '../types';
import { KernelSender } from './kernelSender';
import { type ICarrier, RPCClient } from './rpc';

/** Who answers, and with which login. */
export interface IHello {
  readonly process: string;
  readonly connection: Connection | null;
  readonly problem: Problem | null;
}

/** The way to a kernel: JSON-RPC over a comm. */
export class KernelTransport implements ITransport {
  constructor(carrier: ICarrier) {
    this._rpc = new RPCClient(carrier);
    this.signs = [this._rpc.heard];
    this._rpc.notified.connect((_, { method, params }) => {
      if (method === 'change') {
        this._changes.emit(params as Change);
      }
    });
  }

  readonly kind = 'kernel';
  /** A kernel tells each change with its value; this is for those that were lost. */
  readonly interval = 10_000;
  readonly signs: readonly ISignal<unknown, unknown>[];
  readonly doubts = [];
  /** A restarted kernel ends this way to it. */
  readonly process = null;

  /** The kernel is gone, and with it this way to it. */
  get ended(): ISignal<unknown, void> {
    return this._rpc.ended;
  }

  get changes(): ISignal<this, Change> {
    return this._changes;
  }

  /** Say that somebody looks, and ask who is there. */
  hello(): Promise<IHello> {
    return this._rpc.request('hello', {}) as Promise<IHello>;
  }

  request<O extends Operation>(
    operation: O,
    params: Params<O>,
    signal?: AbortSignal
  ): Promise<AnswerTo<O>> {
    return this._rpc.request(operation, params as object, {
      signal
    }) as Promise<AnswerTo<O>>;
  }

  send(options: ISenderOptions): ISender {
    return new KernelSender(this._rpc, options);
  }

  /** A part of the application, as a module of JavaScript. */
  getPart(name: string): Promise<string> {
    return this._rpc.request('getPart', { name }) as Promise<string>;
  }

  isThere(): Promise<boolean> {
    return Promise.resolve(!this._rpc.cut);
  }

  dispose(): void {
    this._rpc.dispose();
    Signal.clearData(this);
  }

  private readonly _rpc: RPCClient;
  private readonly _changes = new Signal<this, Change>(this);
}
