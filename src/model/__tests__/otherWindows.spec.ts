import {
  BACKEND,
  FakeServer,
  connection,
  problem,
  refusal,
  status
} from '../../__tests__/fakeServer';
import { ArtifactsClient, type Connection, type Login } from '../../transport';
import { SessionModel } from '../session';

const ID = connection().id;

const PENDING: Login = {
  state: 'pending',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://login.example/device',
  verification_uri_complete: null,
  expires_at: '2026-11-22T12:00:00Z',
  problem: null
};

/** Let what was asked reach the server. */
function nextTurn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 0));
}

describe('SessionModel, and other windows', () => {
  let server: FakeServer;
  let session: SessionModel;

  beforeEach(() => {
    server = new FakeServer();
    session = new SessionModel(new ArtifactsClient(server.transport()));
  });

  afterEach(() => session.dispose());

  function connected(told: Parameters<typeof connection>[0]): void {
    server.routes['GET connections'] = { connections: [connection(told)] };
  }

  describe('with nobody signed in', () => {
    beforeEach(async () => {
      server.routes['GET status'] = status({ last_backend: BACKEND });
      connected({});
      await session.load();
      server.routes[`DELETE connections/${ID}`] = () => {
        server.routes['GET connections'] = { connections: [] };
        return {};
      };
      await session.signOut();
      expect(session.state).toEqual({ state: 'closed', backend: BACKEND });
    });

    it.each(['signed_in', 'signing_in'] as const)(
      'hears what another window does there: %s',
      async state => {
        server.routes[`GET connections/${ID}/login`] = PENDING;
        connected({ state });
        await session.refresh();
        expect(session.state).toMatchObject({ state, connection: { id: ID } });
      }
    );

    it.each([
      { state: 'signed_out' as const, problem: problem() },
      { backend: 'https://other.example' }
    ])('leaves alone what this person did not go for', async told => {
      connected(told);
      await session.refresh();
      expect(session.state).toEqual({ state: 'closed', backend: BACKEND });
    });

    it('drops what was read before the person’s next step', async () => {
      connected({});
      server.routes['POST connections'] = () => refusal(502);
      const reading = session.refresh();
      await session.choose('https://other.example');
      await reading;
      expect(session.state).toMatchObject({
        state: 'refused',
        backend: 'https://other.example'
      });
    });
  });

  describe('with somebody signed in', () => {
    const OTHER = connection({
      id: 'fedcba9876543210',
      backend: 'https://other.example'
    });

    beforeEach(async () => {
      server.routes['GET status'] = status({ last_backend: BACKEND });
      connected({});
      await session.load();
      await session.refresh();
    });

    function used(...connections: readonly Connection[]): Promise<void> {
      server.routes['GET connections'] = { connections };
      return session.refresh();
    }

    it('goes over to the backend that another window has gone over to, and back', async () => {
      await used(OTHER, connection());
      expect(session.state).toMatchObject({ connection: { id: OTHER.id } });
      await used(connection(), OTHER);
      expect(session.state).toMatchObject({ connection: { id: ID } });
    });

    it('is signed out with another window, and not taken elsewhere', async () => {
      await used(connection(), OTHER);
      server.routes['GET status'] = status({ last_backend: null });
      await used(OTHER);
      expect(session.state).toEqual({ state: 'closed', backend: BACKEND });
    });

    it('stays while nobody is signed in there, and at what was so before', async () => {
      await used({ ...OTHER, state: 'signed_out' }, connection());
      expect(session.state).toMatchObject({ connection: { id: ID } });
      await used(OTHER, connection());
      expect(session.state).toMatchObject({ connection: { id: OTHER.id } });
      server.routes['POST connections'] = connection();
      await session.choose(BACKEND);
      await used(OTHER, connection());
      expect(session.state).toMatchObject({ connection: { id: ID } });
    });
  });

  it('is not signed in again by what was read while it signed out', async () => {
    // Given
    server.routes['GET status'] = status({ last_backend: BACKEND });
    connected({});
    await session.load();
    let answer = (): void => undefined;
    server.routes['GET connections'] = () =>
      new Promise(resolve => {
        answer = () => resolve({ connections: [connection()] });
      });
    let reading: Promise<void> | undefined;
    server.routes[`DELETE connections/${ID}`] = () => {
      reading = session.refresh();
      return {};
    };
    // When
    await session.signOut();
    await nextTurn();
    answer();
    await reading;
    // Then
    expect(session.state).toEqual({ state: 'closed', backend: BACKEND });
  });
});
