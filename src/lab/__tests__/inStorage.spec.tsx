import {
  act,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';

import { FakeServer, artifact, connection } from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import type { StoredObject, StoredPage } from '../../transport';
import { ShownPanel, signIn } from './shownPanel';

const HERE = connection().id;

function object(name: string, day: string | null): StoredObject {
  const uri = `s3://bucket/me/${name}`;
  return { uri, name, day, size: 1_000_000, stored_at: null, artifact: null };
}

function page(
  objects: StoredObject[],
  told: Partial<StoredPage> = {}
): unknown {
  return {
    objects,
    next: null,
    days: [
      { day: '2001-01-03', count: 1, size: 1_000_000 },
      { day: '2001-01-02', count: 2, size: 2_000_000 }
    ],
    whole: true,
    problem: null,
    ...told
  };
}

describe('what is in storage', () => {
  let server: FakeServer;
  let shown: ShownPanel;
  let asked: (string | null)[];

  beforeEach(() => {
    server = new FakeServer();
    signIn(server);
    asked = [];
    server.routes['GET stored'] = (query: URLSearchParams) => {
      expect(query.get('connection')).toBe(HERE);
      asked.push(query.get('before'));
      return query.get('before')
        ? page([object('oldest.tif', '2001-01-02')])
        : page(
            [
              object('new.tif', '2001-01-03'),
              { ...object('old.tif', '2001-01-02'), artifact: 'a'.repeat(26) }
            ],
            { next: 'me/old.tif' }
          );
    };
  });

  afterEach(() => shown.dispose());

  const section = (): HTMLElement =>
    screen.getByRole('button', { name: /^In storage/ });

  const row = (name: string): HTMLElement =>
    screen.getByRole('row', { name: new RegExp(`^${name}, `) });

  const findRow = (name: string): Promise<HTMLElement> =>
    screen.findByRole('row', { name: new RegExp(`^${name}, `) });

  async function open(): Promise<void> {
    shown = await ShownPanel.of(server.transport());
    expect(section()).toHaveAttribute('aria-expanded', 'false');
    expect(asked).toEqual([]);
    fireEvent.click(section());
  }

  it('is asked for when somebody opens it, by day and with sums', async () => {
    await open();
    const grid = await screen.findByRole('grid', { name: /^In storage/ });
    expect(within(grid).getAllByRole('row')[0]).toHaveTextContent(
      /January 3.* · 1 file, 1\.0 MB/
    );
    expect(row('new.tif')).toBeVisible();
    expect(screen.getByText(/January 2.* · 2 files, 2\.0 MB/)).toBeVisible();
    expect(section()).toHaveTextContent('In storage (3 files, 3.0 MB)');
    fireEvent.click(
      screen.getByRole('button', { name: 'Show older files in storage' })
    );
    expect(await findRow('oldest.tif')).toBeVisible();
    expect(asked).toEqual([null, 'me/old.tif']);
    expect(screen.getAllByRole('heading', { name: /January 2/ })).toHaveLength(
      1
    );
  });

  it('offers what can be done with each, and to list what is not listed', async () => {
    await open();
    const found = await findRow('new.tif');
    const args = {
      connection: HERE,
      uri: 's3://bucket/me/new.tif',
      name: 'new.tif'
    };
    fireEvent.click(
      within(found).getByRole('button', { name: 'More for new.tif' })
    );
    const entries = (await screen.findAllByRole('menuitem')).map(
      ({ textContent }) => textContent
    );
    expect(entries).toEqual([
      CommandIDs.adopt,
      CommandIDs.verify,
      CommandIDs.download,
      CommandIDs.deleteStored
    ]);
    fireEvent.click(screen.getAllByRole('menuitem')[0] as HTMLElement);
    expect(shown.executed).toEqual([[CommandIDs.adopt, args]]);
    const listed = row('old.tif');
    expect(listed).toHaveTextContent('listed');
    fireEvent.contextMenu(listed);
    expect(
      screen.queryByRole('menuitem', { name: CommandIDs.adopt })
    ).toBeNull();
  });

  it('says the name of one whose address has spaces', async () => {
    server.routes['GET stored'] = page([object('a b.tif', '2001-01-03')]);
    await open();
    expect(await findRow('a b.tif')).toBeVisible();
  });

  it('says why a provider shows nothing', async () => {
    const problem = {
      code: 'cannot_list',
      message: 'This provider does not list artifacts.',
      who: 'provider' as const,
      todo: 'Keep the storage URIs.',
      request_id: null
    };
    server.routes['GET stored'] = page([], { days: [], whole: false, problem });
    await open();
    expect(
      await screen.findByText(
        'This provider does not list artifacts. Keep the storage URIs.'
      )
    ).toBeVisible();
    expect(section()).toHaveTextContent(/^In storage$/);
  });

  it('is shown to nobody who is signed out', async () => {
    signIn(server, { state: 'signed_out' });
    shown = await ShownPanel.of(server.transport());
    expect(screen.queryByRole('button', { name: /^In storage/ })).toBeNull();
  });

  it('takes what was deleted and adopted off and on without reading again', async () => {
    await open();
    await findRow('new.tif');
    server.routes['POST stored'] = artifact({ id: 'b'.repeat(26) });
    server.routes['DELETE stored'] = new Response(null, { status: 204 });
    await act(async () => {
      await shown.stored.adopt(HERE, 's3://bucket/me/new.tif');
    });
    expect(await screen.findAllByText(/· listed/)).toHaveLength(2);
    await act(() => shown.stored.delete(HERE, 's3://bucket/me/old.tif'));
    await waitFor(() =>
      expect(section()).toHaveTextContent('In storage (2 files, 2.0 MB)')
    );
    expect(screen.queryByRole('row', { name: /^old\.tif, / })).toBeNull();
    expect(asked).toEqual([null]);
  });
});
