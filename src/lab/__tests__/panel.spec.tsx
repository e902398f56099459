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
  artifact,
  connection,
  upload,
  problem,
  refusal,
  status
} from '../../__tests__/fakeServer';
import { rowsIn } from '../../__tests__/rows';
import { ShownPanel, signIn } from './shownPanel';

const ID = connection().id;

describe('ArtifactsPanel', () => {
  let server: FakeServer;
  let shown: ShownPanel;

  beforeEach(() => {
    server = new FakeServer();
  });

  afterEach(() => shown.dispose());

  async function show(): Promise<ShownPanel> {
    shown = await ShownPanel.of(server.transport());
    return shown;
  }

  function choose(value: string): void {
    fireEvent.change(screen.getByRole('combobox', { name: 'Backend' }), {
      target: { value }
    });
  }

  it('says what to type where the server extension is missing', async () => {
    delete server.routes['GET status'];
    await show();
    expect(screen.getByRole('alert')).toHaveTextContent(
      'The server side is not running. In a terminal: jupyter server extension enable jupyter_openeo_artifacts, then restart.'
    );
  });

  it('goes from "Sign in" to the code, and back with one sentence', async () => {
    // Given
    server.routes['POST connections'] = () => {
      const opened = connection({ state: 'signed_out' });
      server.routes['GET connections'] = { connections: [opened] };
      return opened;
    };
    const login = {
      state: 'pending',
      user_code: 'WDJB-MJHT',
      verification_uri: 'https://login.example/device',
      verification_uri_complete: 'javascript:alert(1)',
      expires_at: new Date(Date.now() + 272_500).toISOString(),
      problem: null
    };
    server.routes[`POST connections/${ID}/login`] = login;
    server.routes[`GET connections/${ID}/login`] = login;
    server.routes[`DELETE connections/${ID}/login`] = () => refusal(404);
    const { region } = await show();

    // When
    fireEvent.click(within(region).getByRole('button', { name: 'Sign in' }));

    // Then
    await screen.findByText('WDJB-MJHT');
    expect(screen.getByRole('link')).toHaveAttribute(
      'href',
      'https://login.example/device'
    );
    expect(screen.getByRole('timer')).toHaveTextContent(/4:3[12] left/);
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The sign-in was cancelled.'
    );
    expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
  });

  it('shows why a backend cannot be used', async () => {
    await show();
    server.routes['POST connections'] = () =>
      refusal(502, { message: 'It is not openEO.', todo: 'Check it.' });
    choose('https://other.example');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'It is not openEO.Check it.'
    );
  });

  it('checks an address as it is typed', async () => {
    // Given
    await show();
    choose('other');
    server.routes['POST backends/check'] = {
      backend: 'https://mine.example',
      title: 'Mine',
      storage: { state: 'ready', provider: 's3', s3_uri: null },
      problem: null
    };
    server.routes['POST connections'] = connection({ state: 'signed_out' });

    // When
    for (const value of ['m', 'mine', 'mine.example']) {
      fireEvent.change(
        screen.getByRole('textbox', { name: 'Backend address' }),
        { target: { value } }
      );
    }
    const use = screen.getByRole('button', { name: 'Use this backend' });
    await waitFor(() => expect(use).toBeEnabled());
    fireEvent.click(use);

    // Then
    expect(
      server.requests.filter(({ route }) => route === 'POST backends/check')
    ).toEqual([
      { route: 'POST backends/check', body: { backend: 'mine.example' } }
    ]);
    await waitFor(() =>
      expect(
        server.requests.find(({ route }) => route === 'POST connections')?.body
      ).toEqual({ backend: 'https://mine.example' })
    );
  });

  it('shows names as text, whatever they are', async () => {
    signIn(server);
    const name = '<img src=x onerror="alert(1)">\n😀.tif';
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [artifact({ name })]
    };
    server.routes['GET uploads'] = { uploads: [upload({ name })] };
    const { region } = await show();
    expect(region.querySelector('img')).toBeNull();
    for (const item of rowsIn(region)) {
      expect(item).toHaveAccessibleName(expect.stringContaining(`${name}, `));
      expect(item.querySelector('bdi')?.textContent).toBe(
        name.replace('\n', '\\u000a')
      );
    }
  });

  it('says what a backend without storage can still take', async () => {
    server.routes['GET connections'] = {
      connections: [
        connection({ storage: { state: 'none', provider: null, s3_uri: null } })
      ]
    };
    server.routes['GET status'] = status({ last_backend: BACKEND });
    const { region } = await show();
    expect(region).toHaveTextContent(
      'This backend does not offer artifact storage.'
    );
    expect(region).toHaveTextContent('GeoJSON');
  });

  it('keeps the rows of somebody who was signed out by the provider', async () => {
    server.routes['GET connections'] = {
      connections: [
        connection({ state: 'signed_out', problem: problem({ todo: '' }) })
      ]
    };
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes['GET uploads'] = {
      uploads: [
        upload({
          state: 'paused',
          problem: problem({ message: 'Sign in to go on.', todo: '' })
        })
      ]
    };
    await show();
    expect(screen.getByRole('button', { name: 'Sign in' })).toBeVisible();
    expect(screen.getByRole('row')).toHaveTextContent('Sign in to go on.');
  });

  it('says what was done, and lets it be dismissed', async () => {
    signIn(server);
    await show();
    act(() => shown.model.notices.fail('That went wrong.'));
    expect(screen.getByRole('status')).toHaveTextContent('That went wrong.');
    fireEvent.click(screen.getByRole('button', { name: 'Dismiss message' }));
    expect(screen.getByRole('status')).toBeEmptyDOMElement();
  });
});
