import {
  act,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';

import {
  BACKEND,
  FakeServer,
  between,
  connection,
  problem,
  refusal,
  status
} from '../../__tests__/fakeServer';
import type { Connection, Login } from '../../transport';
import { ShownPanel, nextFrame } from './shownPanel';
import { type Cause, type State, TRANSITIONS } from './transitions';

const ID = connection().id;

const PENDING: Login = {
  state: 'pending',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://login.example/device',
  verification_uri_complete: null,
  expires_at: new Date(Date.now() + 272_500).toISOString(),
  problem: null
};

describe('the focus after each change of state', () => {
  let server: FakeServer;
  let shown: ShownPanel;
  let routes: FakeServer['routes'];

  beforeEach(() => {
    server = new FakeServer();
    ({ routes } = server);
    routes['GET status'] = status({ last_backend: null });
    routes[`POST connections/${ID}/login`] = PENDING;
    routes[`GET connections/${ID}/login`] = PENDING;
    routes[`DELETE connections/${ID}/login`] = () => refusal(404);
    routes[`DELETE connections/${ID}`] = () => {
      told(null);
      return {};
    };
    routes['POST connections'] = () => told({ state: 'signed_out' });
  });

  afterEach(() => shown.dispose());

  /** Have the server know of one connection, or of none. */
  function told(told: Partial<Connection> | null): Connection {
    const one = connection(told ?? {});
    routes['GET connections'] = { connections: told ? [one] : [] };
    return one;
  }

  /** Have the server refuse what is asked of it as Jupyter, a hub or the network does. */
  function silence(answer: () => unknown): () => void {
    const before = { ...routes };
    for (const route of Object.keys(routes)) {
      routes[route] = answer;
    }
    return () => Object.assign(routes, before);
  }

  const read = (): Promise<void> =>
    act(() => shown.model.read(new Set(['connections', 'uploads'])));

  const begin: Record<State, () => Promise<void>> = {
    closed: async () => show(),
    'signed in': async () => {
      told({});
      routes['GET status'] = status({ last_backend: BACKEND });
      await show();
    },
    code: async () => {
      await begin.closed();
      told({ state: 'signed_out' });
      await press('Sign in');
      await screen.findByText('WDJB-MJHT');
      told({ state: 'signing_in' });
    },
    ended: async () => {
      await begin.code();
      await press('Cancel');
      await screen.findByText('The sign-in was cancelled.');
    },
    refused: async () => {
      await begin.closed();
      routes['POST connections'] = () => refusal(502);
      await press('Sign in');
      await screen.findByText('It did not work.');
    },
    question: async () => {
      told({
        state: 'signed_out',
        problem: problem({ code: 'login_to_confirm' })
      });
      routes['GET status'] = status({ last_backend: BACKEND });
      await show();
    },
    typing: async () => {
      await begin.closed();
      await typeOther();
    },
    header: async () => {
      await begin['signed in']();
      await press('Account');
    },
    switching: async () => {
      await begin.header();
      fireEvent.click(find('Switch backend…'));
      await typeOther();
    },
    lost: async () => {
      await begin['signed in']();
      heal = silence(() => between(503));
      await read();
      await screen.findByText(/not running/);
    },
    missing: async () => {
      heal = silence(() => between(404));
      routes['GET api'] = () => between(200, '{"version": "2.21.1"}');
      await show();
    },
    unavailable: async () => {
      heal = silence(() => between(503));
      await show();
    },
    told: async () => {
      await begin['signed in']();
      act(() => shown.model.notices.fail('That went wrong.'));
    }
  };

  let heal: () => void;

  const cause: Record<Cause, (at: HTMLElement) => Promise<unknown>> = {
    press: async at => fireEvent.click(at),
    'press, refused': async at => {
      routes['POST connections'] = () => refusal(502);
      fireEvent.click(at);
    },
    'press, signed in': async at => {
      routes['POST connections'] = () => told({});
      routes[`PUT connections/${ID}/approval`] = () => told({});
      fireEvent.click(at);
    },
    approved: async () => {
      told({});
      await read();
    },
    denied: () => endLogin('denied'),
    expired: () => endLogin('expired'),
    answers: async () => {
      heal();
      told({});
      routes['GET status'] = status({ last_backend: BACKEND });
      await act(() => shown.model.refresh());
    },
    lost: async () => {
      heal = silence(() => between(503));
      await read();
    },
    'signed out elsewhere': async () => {
      told(null);
      routes['GET status'] = status({ last_backend: null });
      await read();
    },
    'ended by the provider': async () => {
      told({ state: 'signed_out', problem: problem() });
      await read();
    },
    'sign-out': () => act(() => shown.model.session.signOut()),
    restarted: async () => {
      server.process = 'second';
      await read();
    }
  };

  async function endLogin(state: Login['state']): Promise<void> {
    told({ state: 'signed_out' });
    routes[`GET connections/${ID}/login`] = { ...PENDING, state };
    await read();
  }

  async function show(): Promise<void> {
    shown = await ShownPanel.of(server.transport());
  }

  async function typeOther(): Promise<void> {
    routes['POST backends/check'] = {
      backend: BACKEND,
      title: 'Example',
      storage: { state: 'ready', provider: 's3', s3_uri: null },
      problem: null
    };
    const backend = screen.getByRole('combobox', { name: 'Backend' });
    fireEvent.change(backend, { target: { value: 'other' } });
    const field = screen.getByRole('textbox', { name: 'Backend address' });
    fireEvent.change(field, { target: { value: 'openeo.example' } });
    await waitFor(() =>
      expect(screen.getByText('Use this backend')).toBeEnabled()
    );
  }

  async function press(name: string): Promise<void> {
    fireEvent.click(find(name));
    await nextFrame();
  }

  /** What a person knows by a name. */
  function find(name: string): HTMLElement {
    const roles = ['button', 'link', 'combobox', 'menuitem', 'heading'];
    const found = roles.flatMap(role =>
      within(shown.region).queryAllByRole(role, { name })
    );
    expect(found).toHaveLength(1);
    return found[0]!;
  }

  it.each(TRANSITIONS)(
    'from $from, at $at, by $by: at $to',
    async ({ from, at, by, to, said }) => {
      // Given
      await begin[from]();
      await nextFrame();
      const before = find(at);
      act(() => before.focus());
      expect(before).toHaveFocus();

      // When
      await cause[by](before);

      // Then
      await nextFrame();
      await nextFrame();
      await waitFor(() => expect(find(to)).toHaveFocus());
      if (said !== undefined) {
        const ears = [...shown.region.querySelectorAll('[aria-live]')];
        expect(ears.map(ear => ear.textContent)).toContain(said);
      }
    }
  );
});
