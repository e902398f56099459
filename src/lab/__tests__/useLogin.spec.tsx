import { act, fireEvent, screen } from '@testing-library/react';

import {
  FakeServer,
  connection,
  problem,
  refusal
} from '../../__tests__/fakeServer';
import type { Connection } from '../../transport';
import { showApproval } from '../dialogs';
import { ShownPanel, signIn, trans } from './shownPanel';

const ID = connection().id;
const APPROVAL = `connections/${ID}/approval`;
const MESSAGE = 'Your login at login.example has not been used here before.';

function asked(told: Partial<Connection> = {}): Connection {
  return connection({
    state: 'signed_out',
    approved: null,
    user: null,
    problem: problem({
      code: 'login_to_confirm',
      message: MESSAGE,
      todo: 'If you agree, run this in a terminal.'
    }),
    ...told
  });
}

describe('whom a login is for', () => {
  let server: FakeServer;
  let shown: ShownPanel;

  beforeEach(() => {
    server = new FakeServer();
  });

  afterEach(() => shown.dispose());

  async function show(found: Connection): Promise<void> {
    signIn(server, found);
    shown = await ShownPanel.of(server.transport());
  }

  function sent(method: string): unknown[] {
    return server.requests
      .filter(({ route }) => route === `${method} ${APPROVAL}`)
      .map(({ body }) => body);
  }

  it('is asked in one sentence, and a yes sends back what was shown', async () => {
    // Given
    await show(asked());
    expect(screen.getByRole('alert')).toHaveTextContent(MESSAGE);
    expect(screen.getByRole('alert')).not.toHaveTextContent('terminal');
    server.routes[`PUT ${APPROVAL}`] = connection({ approved: 'user' });
    // When
    fireEvent.click(screen.getByRole('button', { name: 'Use my login there' }));
    // Then
    await screen.findByRole('button', { name: 'Account' });
    expect(sent('PUT')).toEqual([asked().destination]);
  });

  it('is agreed to as it was read, whatever has been heard of since', async () => {
    // Given: the question is on the screen
    await show(asked());
    const { destination } = asked();
    const button = screen.getByRole('button', { name: 'Use my login there' });
    server.routes[`PUT ${APPROVAL}`] = connection({ approved: 'user' });
    server.routes['GET connections'] = {
      connections: [
        asked({
          destination: destination && {
            ...destination,
            sts: ['https://sts.evil.example']
          }
        })
      ]
    };
    await act(async () => {
      // When: another answer has come, but is not drawn yet
      await shown.model.refresh();
      fireEvent.click(button);
    });
    // Then
    expect(sent('PUT')).toEqual([destination]);
  });

  it('is asked anew where the backend names others meanwhile', async () => {
    // Given
    await show(asked());
    const other = 'Your login would go elsewhere: to evil.example.';
    server.routes[`PUT ${APPROVAL}`] = () => {
      server.routes['GET connections'] = {
        connections: [
          asked({
            problem: problem({ code: 'login_to_confirm', message: other })
          })
        ]
      };
      return refusal(409, { message: 'It names others now.', todo: '' });
    };
    // When
    fireEvent.click(screen.getByRole('button', { name: 'Use my login there' }));
    // Then
    expect(await screen.findByText(other)).toBeVisible();
    expect(screen.getByRole('status')).toHaveTextContent(
      'It names others now.'
    );
  });

  it('is not asked again after "Not now", and a code may still be had', async () => {
    // Given
    await show(asked());
    // When
    fireEvent.click(screen.getByRole('button', { name: 'Not now' }));
    // Then
    expect(
      await screen.findByRole('button', { name: 'Sign in' })
    ).toBeVisible();
    expect(screen.queryByRole('alert')).toBeNull();
    expect(sent('PUT')).toEqual([]);
    await act(() => shown.model.refresh());
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('is no question to be clicked away for a service account', async () => {
    const { destination } = connection();
    await show(
      asked({ destination: destination && { ...destination, service: true } })
    );
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Only the administrator’s list or the command line can agree'
    );
    expect(
      screen.queryByRole('button', { name: 'Use my login there' })
    ).toBeNull();
  });

  it.each([
    [
      ['https://sts.example'],
      ['https://s3.example'],
      ', its STS sts.example and its storage s3.example.'
    ],
    [['https://sts.example'], [], ' and its STS sts.example.'],
    [[], ['https://s3.example'], ' and its storage s3.example.'],
    [[], [], ', which names no storage so far.']
  ])(
    'is said before the first sign-in (STS %j, storage %j)',
    async (sts, s3, said) => {
      // Given
      const { destination } = connection();
      // When
      await show(
        asked({
          problem: null,
          destination: destination && { ...destination, sts, s3 }
        })
      );
      // Then
      expect(screen.getByRole('button', { name: 'Sign in' })).toBeVisible();
      expect(
        screen.getByText(
          `Your login at login.example goes to the backend openeo.example${said}`
        )
      ).toBeVisible();
    }
  );

  it.each([
    ['device_login', 'You have signed in through it.', true],
    ['user', 'You have agreed to that.', true],
    ['administrator', 'Your administrator lists this backend.', false]
  ] as const)(
    'is shown, and taken back where it was given (%s)',
    async (how, why, back) => {
      // Given
      await show(connection({ approved: how }));
      server.routes[`DELETE ${APPROVAL}`] = () =>
        new Response(null, { status: 204 });
      // When
      const approval = showApproval(
        connection({ approved: how }),
        shown.model.session,
        trans
      );
      // Then
      await screen.findByText('Where your login goes');
      const dialog = document.querySelector('.jp-Dialog');
      expect(dialog).toHaveTextContent(why);
      expect(dialog).toHaveTextContent('its STS sts.example');
      const button = screen.queryByText('Do not use it here any more');
      expect(button !== null).toBe(back);
      if (button) {
        fireEvent.click(button);
        await act(() => approval);
        await screen.findByRole('button', { name: 'Sign in' });
      } else {
        fireEvent.click(screen.getByText('Close'));
        await act(() => approval);
      }
      expect(sent('DELETE')).toHaveLength(back ? 1 : 0);
    }
  );
});
