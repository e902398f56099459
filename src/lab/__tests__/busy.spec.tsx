import { Dialog, showDialog } from '@jupyterlab/apputils';
import { act, fireEvent, screen, within } from '@testing-library/react';

import { FakeServer, artifact } from '../../__tests__/fakeServer';
import { ShownPanel, signIn } from './shownPanel';

describe('a button that waits', () => {
  let server: FakeServer;
  let shown: ShownPanel;
  let end: () => void;

  beforeEach(async () => {
    server = new FakeServer();
    signIn(server);
    server.routes['GET artifacts'] = { artifacts: [artifact()], next: null };
    shown = await ShownPanel.of(server.transport());
    shown.answer = new Promise(resolve => {
      end = resolve;
    });
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
    shown.dispose();
  });

  const status = (): HTMLElement => screen.getByRole('status');
  const wait = (ms: number): Promise<void> =>
    act(() => jest.advanceTimersByTimeAsync(ms));

  it.each([
    ['Copy link to aoi.geojson', 'Asking the provider…'],
    ['Reload list', 'Asking Jupyter…']
  ])(
    'shows it, and whom it waits for after a second: %s',
    async (name, who) => {
      // Given
      const button = screen.getByRole('button', { name });
      button.focus();
      // When
      fireEvent.click(button);
      await wait(900);
      // Then at once, and it takes no other click
      expect(button).toHaveAttribute('aria-busy', 'true');
      expect(button).toHaveAttribute('aria-disabled', 'true');
      expect(button).toHaveFocus();
      expect(status()).toBeEmptyDOMElement();
      fireEvent.click(button);
      expect(shown.executed).toHaveLength(1);
      await wait(200);
      expect(status()).toHaveTextContent(who);
      // When it has ended without a word of its own
      end();
      await wait(0);
      // Then
      expect(button).not.toHaveAttribute('aria-busy');
      expect(status()).toBeEmptyDOMElement();
      fireEvent.click(button);
      expect(shown.executed).toHaveLength(2);
    }
  );

  it('leaves the last sentence to what it did', async () => {
    fireEvent.click(
      screen.getByRole('button', { name: 'Copy link to aoi.geojson' })
    );
    await wait(1100);
    act(() => shown.model.notices.say('Link copied.'));
    end();
    await wait(5000);
    expect(status()).toHaveTextContent('Link copied.');
  });

  it('is the one that has opened a menu', async () => {
    // Given
    const button = screen.getByRole('button', { name: 'Insert aoi.geojson' });
    fireEvent.click(button);
    await wait(0); // the menu is a part that is loaded
    const [first] = within(screen.getByRole('menu')).getAllByRole('menuitem');
    // When
    fireEvent.click(first!);
    await wait(1100);
    // Then
    expect(button).toHaveAttribute('aria-busy', 'true');
    expect(status()).toHaveTextContent('Asking the provider…');
    end();
    await wait(0);
    expect(button).not.toHaveAttribute('aria-busy');
  });

  it('says nothing of a provider while a dialog waits for the person', async () => {
    showDialog({ title: 'How long should it work?' }).catch(() => undefined);
    fireEvent.click(screen.getByRole('button', { name: 'Reload list' }));
    await wait(3000);
    expect(status()).toBeEmptyDOMElement();
    act(() => Dialog.flush());
    await wait(1000);
    expect(status()).toHaveTextContent('Asking Jupyter…');
    end();
    await wait(0);
  });

  it('is that of a sign-in as well', async () => {
    // Given somebody who is signed out, and a provider that does not answer
    jest.useRealTimers();
    shown.dispose();
    signIn(server, { state: 'signed_out' });
    server.routes['POST connections/0123456789abcdef/login'] = () =>
      new Promise(() => undefined);
    shown = await ShownPanel.of(server.transport());
    jest.useFakeTimers();
    const button = screen.getByRole('button', { name: 'Sign in' });
    // When
    fireEvent.click(button);
    await wait(1100);
    // Then
    expect(button).toHaveAttribute('aria-busy', 'true');
    expect(status()).toHaveTextContent('Asking the provider…');
  });
});
