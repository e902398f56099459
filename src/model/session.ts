import { type ISignal, Signal } from '@lumino/signaling';

import {
  APIError,
  type ArtifactsClient,
  type Connection,
  type Login,
  type LoginDestination,
  type Status
} from '../transport';
import { endedLogin } from './login';
import { outageOf, problemOf } from './problem';
import { type Session, backendOf, connectionOf } from './state';

/** How somebody is signed in, as far as the model has to know. */
export interface ISession {
  readonly state: Session;
  readonly status: Status | null;
  readonly changed: ISignal<unknown, void>;
  /** Read again what can have changed on its own; throws where nobody answers. */
  refresh(): Promise<void>;
  dispose(): void;
}

/**
 * Which backend is in use, and how far its sign-in is.
 *
 * One request at a time decides the state: an answer that comes after a newer step was taken is
 * dropped, so a slow backend cannot undo what the person did since.
 */
export class SessionModel implements ISession {
  constructor(private readonly _client: ArtifactsClient) {}

  get state(): Session {
    return this._state;
  }

  get status(): Status | null {
    return this._status;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Read status and connections from the server; picks a backend where none is chosen. */
  async load(): Promise<void> {
    const step = this._nextStep();
    try {
      const [status, connections] = await Promise.all([
        this._client.getStatus(),
        this._client.listConnections()
      ]);
      if (step !== this._step) {
        return;
      }
      this._status = Object.freeze(status);
      const backend =
        backendOf(this._state) ??
        status.last_backend ??
        // One that was only looked at, or left, is remembered as nothing.
        connections.find(({ state }) => state !== 'signed_out')?.backend ??
        status.backends[0]?.url ??
        '';
      const connection = connections.find(c => c.backend === backend);
      if (connection) {
        await this._follow(step, connection);
      } else if (
        backend &&
        (backend === status.last_backend || status.backends.length === 1)
      ) {
        // Somebody who was here before is signed in by the stored login at once; a newcomer's
        // machine speaks to no backend before they say so.
        await this._connect(backend);
      } else {
        this._set({ state: 'closed', backend });
      }
    } catch (error) {
      await this._fail(step, error);
    }
  }

  /**
   * Read again what can have changed on its own: the connection, and the login under way.
   *
   * Throws {@link APIError} where something else than our server answers, or nothing does.
   */
  async refresh(): Promise<void> {
    const connection = connectionOf(this._state);
    if (!connection) {
      // Nothing to read again while the person is choosing or the backend is being asked.
      return this._state.state === 'missing' ||
        this._state.state === 'unavailable' ||
        this._state.state === 'loading'
        ? this.load()
        : undefined;
    }
    const step = this._step;
    try {
      const connections = await this._client.listConnections();
      const now = connections.find(c => c.id === connection.id);
      if (step !== this._step) {
        return;
      }
      if (now) {
        await this._follow(step, now);
      } else {
        await this._reopen(step, connection.backend);
      }
    } catch (error) {
      // What is known stays: whoever asked says that nobody answers.
      if (!(error instanceof APIError) || error.outage !== null) {
        throw error;
      }
    }
  }

  /** Resolves once nothing is being asked that decides whether somebody is signed in. */
  async settled(): Promise<void> {
    if (this._state.state === 'loading') {
      await this.load();
    }
    while (this._state.state === 'connecting') {
      await new Promise<void>(resolve => {
        const onChange = (): void => {
          this._changed.disconnect(onChange);
          resolve();
        };
        this._changed.connect(onChange);
      });
    }
  }

  /** Use a backend; whoever has a stored login for it is signed in at once. */
  async choose(backend: string): Promise<void> {
    this._nextStep();
    await this._connect(backend);
  }

  /** Sign in: connect where that is still to do, then start the device flow. */
  async signIn(): Promise<void> {
    let connection = connectionOf(this._state);
    if (!connection) {
      const backend = backendOf(this._state);
      if (!backend) {
        return;
      }
      await this.choose(backend);
      connection = connectionOf(this._state);
      if (!connection || this._state.state !== 'signed_out') {
        return;
      }
    }
    const step = this._nextStep();
    try {
      const login = await this._client.startLogin(connection.id);
      if (step !== this._step) {
        return;
      }
      if (login.state === 'signed_in') {
        await this.refresh();
      } else {
        this._setLogin(connection, login);
      }
    } catch (error) {
      if (step === this._step) {
        this._set({
          state: 'login_ended',
          connection,
          login: endedLogin('failed', error)
        });
      }
    }
  }

  /**
   * Agree that the login that is there goes to whom the question has named, and sign in by it.
   * Where the backend names others meanwhile, those are shown.
   */
  async useLogin(named: LoginDestination): Promise<void> {
    const connection = connectionOf(this._state);
    if (!connection) {
      return;
    }
    const step = this._nextStep();
    this._set({ state: 'connecting', backend: connection.backend });
    let now: Connection;
    try {
      now = await this._client.approveLogin(connection.id, named);
    } catch (error) {
      if (step === this._step) {
        this._set({ state: 'signed_out', connection });
        await this.refresh();
      }
      throw error;
    }
    if (step === this._step) {
      await this._follow(step, now);
    }
  }

  /** Leave the question unanswered; nothing was sent, and nothing will be. */
  notNow(): void {
    const backend = backendOf(this._state);
    if (backend !== null) {
      this._nextStep();
      this._set({ state: 'closed', backend });
    }
  }

  /** Take the yes to the use of a login at this backend back; the login stays stored. */
  async withdraw(): Promise<void> {
    const connection = connectionOf(this._state);
    if (connection) {
      this._nextStep();
      await this._client.withdrawApproval(connection.id);
      // The server's event has made somebody read the connection: that is no news.
      this._nextStep();
      this._set({ state: 'closed', backend: connection.backend });
    }
  }

  /** Give up the login under way. */
  async cancelLogin(): Promise<void> {
    const connection = connectionOf(this._state);
    if (!connection) {
      return;
    }
    this._nextStep();
    this._set({
      state: 'login_ended',
      connection,
      login: endedLogin('cancelled')
    });
    try {
      await this._client.cancelLogin(connection.id);
    } catch (error) {
      // It had ended already: cancelled is still what the person wanted.
      if (!(error instanceof APIError && error.status === 404)) {
        throw error;
      }
    }
  }

  /** Sign out; the login stored on this machine for the backend goes too. */
  async signOut(): Promise<void> {
    const connection = connectionOf(this._state);
    if (connection) {
      this._nextStep();
      await this._client.closeConnection(connection.id);
      this._set({ state: 'closed', backend: connection.backend });
    }
  }

  dispose(): void {
    this._nextStep();
    Signal.clearData(this);
  }

  private async _connect(backend: string): Promise<void> {
    const step = this._step;
    this._set({ state: 'connecting', backend });
    try {
      const connection = await this._client.openConnection(backend);
      if (step === this._step) {
        await this._follow(step, connection);
      }
    } catch (error) {
      if (step !== this._step) {
        return;
      }
      if (error instanceof APIError && error.outage !== null) {
        await this._fail(step, error);
      } else {
        this._set({ state: 'refused', backend, problem: problemOf(error) });
      }
    }
  }

  /**
   * Take up a connection that the server has no longer. A restarted server still knows which backend
   * somebody is signed in to; after a sign-out in another window it does not.
   */
  private async _reopen(step: number, backend: string): Promise<void> {
    const { last_backend: last } = await this._client.getStatus();
    if (step !== this._step) {
      return;
    }
    if (last !== backend) {
      this._set({ state: 'closed', backend });
      return;
    }
    try {
      // What was known is shown until the answer is there: files may be on their way.
      const now = await this._client.openConnection(backend);
      if (step === this._step) {
        await this._follow(step, now);
      }
    } catch (error) {
      if (error instanceof APIError && error.outage !== null) {
        throw error;
      }
      if (step === this._step) {
        this._set({ state: 'refused', backend, problem: problemOf(error) });
      }
    }
  }

  private async _follow(step: number, connection: Connection): Promise<void> {
    if (connection.state === 'signed_in') {
      this._set({ state: 'signed_in', connection });
      return;
    }
    const known = this._state;
    // The login is read where one is, or a moment ago was, under way.
    if (connection.state === 'signing_in' || known.state === 'signing_in') {
      const login = await this._client.getLogin(connection.id);
      if (step !== this._step) {
        return;
      }
      if (login) {
        this._setLogin(connection, login);
      } else {
        this._set({ state: 'signed_out', connection });
      }
    } else if (
      known.state === 'login_ended' &&
      known.connection.id === connection.id
    ) {
      this._set({ ...known, connection });
    } else {
      this._set({ state: 'signed_out', connection });
    }
  }

  private _setLogin(connection: Connection, login: Login): void {
    switch (login.state) {
      case 'pending':
        this._set({ state: 'signing_in', connection, login });
        break;
      case 'signed_in':
        this._set({
          state: 'signed_in',
          connection: { ...connection, state: 'signed_in' }
        });
        // The user's name came with the login.
        void this.refresh();
        break;
      case 'denied':
      case 'expired':
      case 'cancelled':
      case 'failed':
        this._set({ state: 'login_ended', connection, login });
        break;
    }
  }

  private async _fail(step: number, error: unknown): Promise<void> {
    let outage = outageOf(error);
    // A hub answers 404, too; our part is missing only where Jupyter itself is there.
    const missing = outage === 'missing' && (await this._client.isThere());
    if (step !== this._step) {
      return;
    }
    if (missing) {
      this._set({ state: 'missing' });
      return;
    }
    if (outage === 'missing') {
      outage = 'stopped';
    }
    this._set({
      state: 'unavailable',
      outage,
      message: problemOf(error).message
    });
  }

  private _nextStep(): number {
    return ++this._step;
  }

  private _set(state: Session): void {
    if (JSON.stringify(state) !== JSON.stringify(this._state)) {
      this._state = Object.freeze(state);
      this._changed.emit();
    }
  }

  private _state: Session = { state: 'loading' };
  private _status: Status | null = null;
  private _step = 0;
  private readonly _changed = new Signal<this, void>(this);
}
