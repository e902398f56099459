import { type ISignal, Signal } from '@lumino/signaling';

import {
  APIError,
  type ArtifactsClient,
  type Connection,
  type LoginDestination,
  type Status
} from '../transport';
import { endedLogin } from './login';
import { ConnectionFollower } from './connectionFollower';
import { SessionStore } from './sessionStore';
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
 * Which backend is in use, and how far its sign-in is. One request at a time decides that.
 */
export class SessionModel implements ISession {
  constructor(private readonly _client: ArtifactsClient) {
    this._store.changed.connect(() => this._changed.emit());
    this._follower = new ConnectionFollower(
      _client,
      this._store,
      () => void this.refresh()
    );
  }

  get state(): Session {
    return this._store.state;
  }

  get status(): Status | null {
    return this._status;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Read status and connections from the server; picks a backend where none is chosen. */
  async load(): Promise<void> {
    const step = this._store.next();
    try {
      const [status, connections] = await Promise.all([
        this._client.getStatus(),
        this._client.listConnections()
      ]);
      if (!this._store.decides(step)) {
        return;
      }
      this._status = Object.freeze(status);
      const backend =
        backendOf(this._store.state) ??
        status.last_backend ??
        // One that was only looked at, or left, is remembered as nothing.
        connections.find(({ state }) => state !== 'signed_out')?.backend ??
        status.backends[0]?.url ??
        '';
      const connection = connections.find(c => c.backend === backend);
      if (connection) {
        await this._follower.follow(step, connection);
      } else if (
        backend &&
        (backend === status.last_backend || status.backends.length === 1)
      ) {
        // Somebody who was here before is signed in by the stored login at once; a newcomer's
        // machine speaks to no backend before they say so.
        await this._follower.connect(backend);
      } else {
        this._store.put({ state: 'closed', backend });
      }
    } catch (error) {
      await this._follower.fail(step, error);
    }
  }

  /**
   * Read again what can have changed on its own: the connection, and the login under way.
   *
   * Throws {@link APIError} where something else than our server answers, or nothing does.
   */
  async refresh(): Promise<void> {
    const connection = connectionOf(this._store.state);
    if (!connection) {
      return this._readElsewhere();
    }
    const step = this._store.step;
    try {
      const connections = await this._client.listConnections();
      const chosen = this._chosenElsewhere(connections, connection.id);
      const now = chosen ?? connections.find(c => c.id === connection.id);
      if (!this._store.decides(step)) {
        return;
      }
      if (now) {
        await this._follower.follow(step, now);
      } else {
        await this._follower.reopen(step, connection.backend);
      }
    } catch (error) {
      // What is known stays: whoever asked says that nobody answers.
      if (!(error instanceof APIError) || error.outage !== null) {
        throw error;
      }
    }
  }

  /** The connection that another window has gone over to; a code that is shown here is not taken away. */
  private _chosenElsewhere(
    connections: readonly Connection[],
    current: string
  ): Connection | undefined {
    const last = connections.find(({ state }) => state === 'signed_in');
    const before = this._usedLast;
    this._usedLast = last?.id;
    const isNews = before !== undefined && last?.id !== before;
    return isNews &&
      last?.id !== current &&
      connections.some(({ id }) => id === current) &&
      this._store.state.state !== 'signing_in'
      ? last
      : undefined;
  }

  /** What may be news where no connection is known: an answer, or a sign-in in another window. */
  private async _readElsewhere(): Promise<void> {
    const known = this._store.state;
    switch (known.state) {
      case 'missing':
      case 'unavailable':
      case 'loading':
        return this.load();
      case 'closed':
      case 'refused': {
        const { backend } = known;
        const step = this._store.step;
        const connections = await this._client.listConnections();
        // One that is signed out is what the person left, or has put aside unanswered.
        const found = connections.find(
          each =>
            each.state !== 'signed_out' &&
            (each.backend === backend || backend === '')
        );
        if (found && this._store.decides(step)) {
          await this._follower.follow(step, found);
        }
        return;
      }
      case 'connecting':
      case 'signed_out':
      case 'signing_in':
      case 'login_ended':
      case 'signed_in':
        return;
    }
  }

  /** Resolves once nothing is being asked that decides whether somebody is signed in. */
  async settled(): Promise<void> {
    if (this._store.state.state === 'loading') {
      await this.load();
    }
    while (this._store.state.state === 'connecting') {
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
    this._store.next();
    await this._follower.connect(backend);
  }

  /** Sign in: connect where that is still to do, then start the device flow. */
  async signIn(): Promise<void> {
    let connection = connectionOf(this._store.state);
    if (!connection) {
      const backend = backendOf(this._store.state);
      if (!backend) {
        return;
      }
      await this.choose(backend);
      connection = connectionOf(this._store.state);
      if (!connection || this._store.state.state !== 'signed_out') {
        return;
      }
    }
    const step = this._store.next();
    try {
      const login = await this._client.startLogin(connection.id);
      if (!this._store.decides(step)) {
        return;
      }
      if (login.state === 'signed_in') {
        await this.refresh();
      } else {
        this._follower.putLogin(connection, login);
      }
    } catch (error) {
      if (this._store.decides(step)) {
        this._store.put({
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
    const connection = connectionOf(this._store.state);
    if (!connection) {
      return;
    }
    const step = this._store.next();
    this._store.put({ state: 'connecting', backend: connection.backend });
    let now: Connection;
    try {
      now = await this._client.approveLogin(connection.id, named);
    } catch (error) {
      if (this._store.decides(step)) {
        this._store.put({ state: 'signed_out', connection });
        await this.refresh();
      }
      throw error;
    }
    if (this._store.decides(step)) {
      await this._follower.follow(step, now);
    }
  }

  /** Leave the question unanswered; nothing was sent, and nothing will be. */
  notNow(): void {
    const backend = backendOf(this._store.state);
    if (backend !== null) {
      this._store.next();
      this._store.put({ state: 'closed', backend });
    }
  }

  /** Take the yes to the use of a login at this backend back; the login stays stored. */
  async withdraw(): Promise<void> {
    const connection = connectionOf(this._store.state);
    if (connection) {
      this._store.next();
      await this._client.withdrawApproval(connection.id);
      // The server's event has made somebody read the connection: that is no news.
      this._store.next();
      this._store.put({ state: 'closed', backend: connection.backend });
    }
  }

  /** Give up the login under way. */
  async cancelLogin(): Promise<void> {
    const connection = connectionOf(this._store.state);
    if (!connection) {
      return;
    }
    this._store.next();
    this._store.put({
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
    const connection = connectionOf(this._store.state);
    if (connection) {
      this._store.next();
      await this._client.closeConnection(connection.id);
      // The server's event has made somebody read the connection: that is no news.
      this._store.next();
      this._store.put({ state: 'closed', backend: connection.backend });
    }
  }

  dispose(): void {
    this._store.dispose();
    Signal.clearData(this);
  }

  private _status: Status | null = null;
  /** The id of the connection that somebody was signed in to last, when that was read last. */
  private _usedLast: string | undefined;
  private readonly _store = new SessionStore();
  private readonly _follower: ConnectionFollower;
  private readonly _changed = new Signal<this, void>(this);
}
