import { act, screen, waitFor, within } from '@testing-library/react';

import { FakeServer, upload } from '../../__tests__/fakeServer';
import { called } from '../../__tests__/rows';
import type { Upload } from '../../transport';
import { ShownPanel, nextFrame, signIn } from './shownPanel';

describe('the focus, when what has it goes', () => {
  let server: FakeServer;
  let shown: ShownPanel;

  beforeEach(async () => {
    server = new FakeServer();
    signIn(server);
    list('one', 'two', 'three');
    shown = await ShownPanel.of(server.transport());
  });

  afterEach(() => shown.dispose());

  /** Have the server answer with uploads of these names. */
  function list(...names: string[]): void {
    put(names.map(name => failed(name)));
  }

  function put(uploads: readonly Upload[]): void {
    server.routes['GET uploads'] = { uploads };
  }

  function failed(name: string): Upload {
    const id = name[0]!.repeat(13) + name[1]!.repeat(13);
    return upload({ id, name, state: 'failed', can_retry: true });
  }

  async function read(): Promise<void> {
    await act(() => shown.model.read(new Set(['uploads'])));
    await nextFrame();
  }

  const row = (name: string): HTMLElement =>
    screen.getByRole('row', { name: called(name) });

  const button = (name: string, of: string): HTMLElement =>
    within(row(of)).getByRole('button', { name });

  it('goes to the next row, else to the one before, else to the heading', async () => {
    act(() => button('Dismiss two', 'two').focus());
    list('one', 'three');
    await read();
    await waitFor(() => expect(row('three')).toHaveFocus());
    list('one');
    await read();
    await waitFor(() => expect(row('one')).toHaveFocus());
    list();
    await read();
    await waitFor(() =>
      expect(screen.getByRole('heading', { level: 2 })).toHaveFocus()
    );
  });

  it('stays with a row whose button goes, wherever the row moves', async () => {
    act(() => button('Try two again', 'two').focus());
    put([
      failed('one'),
      upload({ ...failed('two'), state: 'uploading', can_retry: false }),
      failed('three')
    ]);
    await read();
    await waitFor(() => expect(row('two')).toHaveFocus());
  });

  it('is not taken from where somebody has put it meanwhile', async () => {
    act(() => button('Dismiss two', 'two').focus());
    const reload = screen.getByRole('button', { name: 'Reload list' });
    act(() => reload.focus());
    list('one', 'three');
    await read();
    expect(reload).toHaveFocus();
  });
});
