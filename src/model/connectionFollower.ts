import {
  APIError,
  type ArtifactsClient,
  type Connection,
  type Login
} from '../transport';
import { outageOf, problemOf } from './problem';
import type { SessionStore } from './sessionStore';

/** Turns what the server answers of a connection and its login into the state of the session. */
export class ConnectionFollower {
  /**
   * @param _named - Called when a login has ended well: the user's name came with it.
   */
  constructor(
    private readonly _client: ArtifactsClient,
    private readonly _store: SessionStore,
    private readonly _named: () => void
  ) {}

  /** Open a connection to a backend, and take it up. */
  async connect(backend: string): Promise<void> {
    const step = this._store.step;
    this._store.put({ state: 'connecting', backend });
    try {
      const connection = await this._client.openConnection(backend);
      if (this._store.decides(step)) {
        await this.follow(step, connection);
      }
    } catch (error) {
      if (!this._store.decides(step)) {
        return;
      }
      if (error instanceof APIError && error.outage !== null) {
        await this.fail(step, error);
      } else {
        this._store.put({
          state: 'refused',
          backend,
          problem: problemOf(error)
        });
      }
    }
  }

  /**
   * Take up a connection that the server has no longer. A restarted server still knows which backend
   * somebody is signed in to; after a sign-out in another window it does not.
   */
  async reopen(step: number, backend: string): Promise<void> {
    const { last_backend: last } = await this._client.getStatus();
    if (!this._store.decides(step)) {
      return;
    }
    if (last !== backend) {
      this._store.put({ state: 'closed', backend });
      return;
    }
    try {
      // What was known is shown until the answer is there: files may be on their way.
      const now = await this._client.openConnection(backend);
      if (this._store.decides(step)) {
        await this.follow(step, now);
      }
    } catch (error) {
      if (error instanceof APIError && error.outage !== null) {
        throw error;
      }
      if (this._store.decides(step)) {
        this._store.put({
          state: 'refused',
          backend,
          problem: problemOf(error)
        });
      }
    }
  }

  /** Take up a connection as the server tells it. */
  async follow(step: number, connection: Connection): Promise<void> {
    if (connection.state === 'signed_in') {
      this._store.put({ state: 'signed_in', connection });
      return;
    }
    const known = this._store.state;
    // The login is read where one is, or a moment ago was, under way.
    if (connection.state === 'signing_in' || known.state === 'signing_in') {
      const login = await this._client.getLogin(connection.id);
      if (!this._store.decides(step)) {
        return;
      }
      if (login) {
        this.putLogin(connection, login);
      } else {
        this._store.put({ state: 'signed_out', connection });
      }
    } else if (
      known.state === 'login_ended' &&
      known.connection.id === connection.id
    ) {
      this._store.put({ ...known, connection });
    } else {
      this._store.put({ state: 'signed_out', connection });
    }
  }

  /** Take up a login as the server tells it. */
  putLogin(connection: Connection, login: Login): void {
    switch (login.state) {
      case 'pending':
        this._store.put({ state: 'signing_in', connection, login });
        break;
      case 'signed_in':
        this._store.put({
          state: 'signed_in',
          connection: { ...connection, state: 'signed_in' }
        });
        // The user's name came with the login.
        this._named();
        break;
      case 'denied':
      case 'expired':
      case 'cancelled':
      case 'failed':
        this._store.put({ state: 'login_ended', connection, login });
        break;
    }
  }

  /** Say that the server has not answered, and why. */
  async fail(step: number, error: unknown): Promise<void> {
    let outage = outageOf(error);
    // A hub answers 404, too; our part is missing only where Jupyter itself is there.
    const missing = outage === 'missing' && (await this._client.isThere());
    if (!this._store.decides(step)) {
      return;
    }
    if (missing) {
      this._store.put({ state: 'missing' });
      return;
    }
    if (outage === 'missing') {
      outage = 'stopped';
    }
    this._store.put({
      state: 'unavailable',
      outage,
      message: problemOf(error).message
    });
  }
}
