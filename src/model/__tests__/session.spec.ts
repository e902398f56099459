import {
  BACKEND,
  FakeServer,
  connection,
  problem,
  refusal,
  status
} from '../../__tests__/fakeServer';
import { APIError, ArtifactsClient, type Login } from '../../transport';
import { SessionModel } from '../session';
import { backendOf } from '../state';

const ID = connection().id;

function login(told: Partial<Login> = {}): Login {
  return {
    state: 'pending',
    user_code: 'WDJB-MJHT',
    verification_uri: 'https://login.example/device',
    verification_uri_complete: null,
    expires_at: '2026-11-22T12:00:00Z',
    problem: null,
    ...told
  };
}

describe('SessionModel', () => {
  let server: FakeServer;
  let session: SessionModel;
  let words: string[];

  beforeEach(() => {
    server = new FakeServer();
    session = new SessionModel(new ArtifactsClient(server.transport()));
    words = [];
    session.changed.connect(({ state }) => {
      if (words[words.length - 1] !== state.state) {
        words.push(state.state);
      }
    });
  });

  function connected(told: Parameters<typeof connection>[0]): void {
    server.routes['GET connections'] = { connections: [connection(told)] };
  }

  it('says that the server extension is missing', async () => {
    delete server.routes['GET status'];
    await session.load();
    expect(session.state).toEqual({ state: 'missing' });
  });

  it('takes a hub’s 404 for none of Jupyter’s', async () => {
    delete server.routes['GET status'];
    delete server.routes['GET api'];
    await session.load();
    expect(session.state).toMatchObject({
      state: 'unavailable',
      outage: 'stopped'
    });
  });

  it('says that Jupyter does not answer', async () => {
    server.routes['GET status'] = () => {
      throw new TypeError('Failed to fetch');
    };
    await session.load();
    expect(session.state.state).toBe('unavailable');
    // And comes back by itself once it does.
    server.routes['GET status'] = status();
    await session.refresh();
    expect(session.state.state).toBe('closed');
  });

  it('speaks to no backend for a newcomer who has not said so', async () => {
    await session.load();
    expect(session.state).toEqual({ state: 'closed', backend: BACKEND });
    expect(server.requests.map(({ route }) => route)).not.toContain(
      'POST connections'
    );
  });

  it('signs in at once whoever was here before and has a stored login', async () => {
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes['POST connections'] = connection();
    await session.load();
    expect(words).toEqual(['connecting', 'signed_in']);
  });

  it.each([
    ['signed_out', BACKEND],
    ['signing_in', 'https://other.example'],
    ['signed_in', 'https://other.example']
  ] as const)(
    'a backend that was only looked at is not come back to (%s)',
    async (state, backend) => {
      // Given
      connected({ id: 'other', backend: 'https://other.example', state });
      server.routes['GET connections/other/login'] = login();
      // When
      await session.load();
      // Then
      expect(backendOf(session.state)).toBe(backend);
    }
  );

  it('goes the way of the device flow', async () => {
    // Given
    await session.load();
    server.routes['POST connections'] = connection({ state: 'signed_out' });
    server.routes[`POST connections/${ID}/login`] = login();
    server.routes[`GET connections/${ID}/login`] = login();

    // When
    await session.signIn();
    connected({ state: 'signing_in' });
    await session.refresh();
    connected({ state: 'signed_in' });
    await session.refresh();

    // Then
    expect(words).toEqual([
      'closed',
      'connecting',
      'signed_out',
      'signing_in',
      'signed_in'
    ]);
  });

  it.each(['denied', 'expired', 'failed'] as const)(
    'stays %s after the login ended so, and tries again on demand',
    async state => {
      // Given
      connected({ state: 'signed_out' });
      await session.load();
      server.routes[`POST connections/${ID}/login`] = login();
      await session.signIn();

      // When
      server.routes[`GET connections/${ID}/login`] = login({ state });
      connected({ state: 'signed_out', problem: problem() });
      await session.refresh();
      await session.refresh();

      // Then
      expect(session.state).toMatchObject({
        state: 'login_ended',
        login: { state }
      });
      await session.signIn();
      expect(session.state.state).toBe('signing_in');
    }
  );

  it('cancels at once, even where the login had ended by itself', async () => {
    connected({ state: 'signed_out' });
    await session.load();
    server.routes[`POST connections/${ID}/login`] = login();
    await session.signIn();
    server.routes[`DELETE connections/${ID}/login`] = () => refusal(404);
    const cancelled = session.cancelLogin();
    expect(session.state).toMatchObject({
      state: 'login_ended',
      login: { state: 'cancelled' }
    });
    await cancelled;
  });

  it('keeps why a backend could not be used', async () => {
    await session.load();
    server.routes['POST connections'] = () =>
      refusal(502, { code: 'backend_not_openeo' });
    await session.choose('https://nope.example');
    expect(session.state).toMatchObject({
      state: 'refused',
      backend: 'https://nope.example',
      problem: { code: 'backend_not_openeo' }
    });
  });

  it('drops an answer that comes after a newer step', async () => {
    await session.load();
    let release: (value: unknown) => void = () => undefined;
    server.routes['POST connections'] = () =>
      new Promise(resolve => {
        release = resolve;
      });
    const slow = session.choose('https://slow.example');
    await new Promise(resolve => setTimeout(resolve));
    const releaseSlow = release;
    server.routes['POST connections'] = connection({ state: 'signed_out' });
    await session.choose(BACKEND);
    releaseSlow(connection({ id: 'f'.repeat(16), backend: 'https://slow' }));
    await slow;
    expect(session.state).toMatchObject({ connection: { id: ID } });
  });

  it('shows a connection that was closed elsewhere as closed', async () => {
    connected({});
    await session.load();
    server.routes['GET connections'] = { connections: [] };
    await session.refresh();
    expect(session.state).toEqual({ state: 'closed', backend: BACKEND });
  });

  it('stays signed in where a restarted server takes up the stored login', async () => {
    // Given
    connected({});
    await session.load();
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes['GET connections'] = { connections: [] };
    server.routes['POST connections'] = connection();
    // When
    await session.refresh();
    // Then
    expect(words).toEqual(['signed_in']);
    expect(server.requests.at(-1)).toMatchObject({
      route: 'POST connections',
      body: { backend: BACKEND }
    });
  });

  it.each([
    [
      'the login is gone',
      () => connection({ state: 'signed_out' }),
      'signed_out'
    ],
    ['the backend does not answer', () => refusal(502), 'refused']
  ] as const)(
    'says what a restarted server found where %s',
    async (_, answer, state) => {
      connected({});
      await session.load();
      server.routes['GET status'] = status({ last_backend: BACKEND });
      server.routes['GET connections'] = { connections: [] };
      server.routes['POST connections'] = answer;
      await session.refresh();
      expect(session.state.state).toBe(state);
    }
  );

  it('asks a restarted server again that goes away once more', async () => {
    connected({});
    await session.load();
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes['GET connections'] = { connections: [] };
    server.routes['POST connections'] = () => {
      throw new TypeError('Failed to fetch');
    };
    await expect(session.refresh()).rejects.toThrow(APIError);
    expect(session.state.state).toBe('signed_in');
  });

  it('keeps what it knows through one answer that went wrong', async () => {
    connected({});
    await session.load();
    server.routes['GET connections'] = () => refusal(500);
    await session.refresh();
    expect(session.state.state).toBe('signed_in');
  });

  it('is signed out where the server has forgotten the login', async () => {
    connected({ state: 'signed_out' });
    await session.load();
    server.routes[`POST connections/${ID}/login`] = login();
    await session.signIn();
    server.routes[`GET connections/${ID}/login`] = () => refusal(404);
    await session.refresh();
    expect(session.state.state).toBe('signed_out');
  });

  it('signs out', async () => {
    connected({});
    await session.load();
    server.routes[`DELETE connections/${ID}`] = () =>
      new Response(null, { status: 204 });
    await session.signOut();
    expect(session.state.state).toBe('closed');
  });

  it('hears nothing after it is disposed', async () => {
    session.dispose();
    session.dispose();
    await session.load();
    expect(words).toEqual([]);
  });
});
