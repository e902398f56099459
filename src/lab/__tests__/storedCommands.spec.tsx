import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { fireEvent, screen } from '@testing-library/react';

import {
  BACKEND,
  FakeServer,
  artifact,
  connection,
  status,
  upload
} from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import { type PanelModel, StoredObjects, makePanelModel } from '../../model';
import type { Verification } from '../../transport';
import { addStoredCommands } from '../storedCommands';

const trans = nullTranslator.load('test');
// jsdom opens no dialog, so that its content counts as hidden.
const IN_DIALOG = { hidden: true };
const MINE = artifact({ name: 'fields.tif', path: 'data/fields.tif' });
const FOUND: Verification = {
  there: true,
  size: 1_300_000_000,
  stored_at: null,
  get: true,
  head: false,
  range: true,
  same: null,
  notes: ['Storage refuses HEAD of a link.']
};

describe('the commands for what is in storage', () => {
  let server: FakeServer;
  let model: PanelModel;
  let commands: CommandRegistry;

  async function start(deletes: boolean | null = null): Promise<void> {
    server = new FakeServer();
    const { storage } = connection();
    server.routes['GET connections'] = {
      connections: [connection({ storage: { ...storage, deletes } })]
    };
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes['GET artifacts'] = { artifacts: [MINE], next: null };
    model = makePanelModel(server.transport());
    commands = new CommandRegistry();
    const stored = new StoredObjects(
      model.client,
      (_, uri) => `http://localhost/${uri}`
    );
    addStoredCommands(commands, { model, stored } as never, trans);
    await model.refresh();
    server.requests.length = 0;
  }

  afterEach(() => {
    model.dispose();
    document.querySelectorAll('.jp-Dialog').forEach(node => node.remove());
  });

  const run = (id: string, args: object = { id: MINE.id }): Promise<unknown> =>
    commands.execute(id, args as never);
  const press = async (name: string): Promise<void> => {
    fireEvent.click(await screen.findByRole('button', { name, ...IN_DIALOG }));
  };
  const routes = (): string[] => server.requests.map(({ route }) => route);

  it.each([true, false])('deletes after a yes alone: %s', async yes => {
    await start();
    server.routes['DELETE stored'] = (query: URLSearchParams) => {
      expect(query.get('uri')).toBe(MINE.uri);
      return new Response(null, { status: 204 });
    };
    const done = run(CommandIDs.deleteStored);
    expect(
      await screen.findByText(
        /“fields.tif” is deleted for good. Links to it stop working, and jobs that read it fail/
      )
    ).toBeInTheDocument();
    await press(yes ? 'Delete' : 'Cancel');
    await done;
    expect(routes().includes('DELETE stored')).toBe(yes);
  });

  it('says that a provider cannot delete', async () => {
    await start(false);
    const args = { id: MINE.id };
    expect(commands.isEnabled(CommandIDs.deleteStored, args)).toBe(false);
    expect(commands.label(CommandIDs.deleteStored, args)).toBe(
      'Delete in storage (this provider cannot)'
    );
  });

  it('tells what was found, in a line each', async () => {
    await start();
    server.routes['POST stored/verification'] = FOUND;
    const done = run(CommandIDs.verify);
    expect(
      await screen.findByText('“fields.tif” is in storage')
    ).toBeInTheDocument();
    const lines = screen
      .getAllByRole('listitem', IN_DIALOG)
      .map(({ textContent }) => textContent);
    expect(lines).toEqual([
      '1.3 GB',
      'A new link to it works.',
      'Storage refuses HEAD of a link.'
    ]);
    await press('Close');
    await done;
  });

  it('stages what is gone again from its path, as it is now', async () => {
    await start();
    server.routes['POST stored/verification'] = {
      ...FOUND,
      there: false,
      notes: []
    };
    server.routes['POST uploads'] = upload({ id: '9'.repeat(26) });
    const done = run(CommandIDs.verify);
    await screen.findByText('“fields.tif” is not in storage any more');
    await press('Stage again');
    await done;
    expect(server.requests.at(-1)).toEqual({
      route: 'POST uploads',
      body: {
        connection: MINE.connection,
        path: 'data/fields.tif',
        name: 'fields.tif',
        reuse: false
      }
    });
    expect(model.snapshot.uploads.map(({ id }) => id)).toEqual([
      '9'.repeat(26)
    ]);
  });

  it('cannot stage again what came from nowhere it knows', async () => {
    await start();
    server.routes['GET artifacts'] = {
      artifacts: [{ ...MINE, path: null }],
      next: null
    };
    await model.refresh();
    const args = { id: MINE.id };
    expect(commands.isEnabled(CommandIDs.stageAgain, args)).toBe(false);
    expect(commands.label(CommandIDs.stageAgain, args)).toBe(
      'Stage again (its path is not known)'
    );
  });

  it('saves by the address of the server, which is no link', async () => {
    await start();
    const clicked: string[] = [];
    const click = jest
      .spyOn(HTMLAnchorElement.prototype, 'click')
      .mockImplementation(function (this: HTMLAnchorElement) {
        clicked.push(this.href, this.download);
      });
    await run(CommandIDs.download);
    click.mockRestore();
    expect(clicked).toEqual([`http://localhost/${MINE.uri}`, 'fields.tif']);
  });

  it('works on an object that is on no list, and says when a row is gone', async () => {
    await start();
    server.routes['POST stored'] = artifact({ id: '8'.repeat(26) });
    const args = { connection: MINE.connection, uri: 's3://b/k', name: 'k' };
    await run(CommandIDs.adopt, args);
    expect(server.requests[0]).toEqual({
      route: 'POST stored',
      body: { connection: MINE.connection, uri: 's3://b/k' }
    });
    await run(CommandIDs.verify, { id: '7'.repeat(26) });
    expect(model.notices.last?.text).toMatch(/not on the list/);
  });
});
