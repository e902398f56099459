import { type ISignal, Signal } from '@lumino/signaling';

import { type ISession, type Session, localProblem } from '../model';
import type { KernelTransport } from '../transport/kernel';

/** The login of a kernel, as it tells it; nobody signs in or out here. */
export class KernelSession implements ISession {
  constructor(private readonly _transport: Pick<KernelTransport, 'hello'>) {}

  readonly status = null;

  get state(): Session {
    return this._state;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Greet the kernel, which answers with the login that it will use. */
  async refresh(): Promise<void> {
    const { connection, problem } = await this._transport.hello();
    if (connection === null) {
      this._set({
        state: 'refused',
        backend: '',
        problem: problem ?? localProblem('not_signed_in', '')
      });
    } else {
      const state =
        connection.state === 'signed_in' ? 'signed_in' : 'signed_out';
      this._set({
        state,
        connection: { ...connection, problem: connection.problem ?? problem }
      });
    }
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private _set(state: Session): void {
    if (JSON.stringify(state) !== JSON.stringify(this._state)) {
      this._state = Object.freeze(state);
      this._changed.emit();
    }
  }

  private _state: Session = { state: 'loading' };
  private readonly _changed = new Signal<this, void>(this);
}
