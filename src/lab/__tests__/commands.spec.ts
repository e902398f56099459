import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
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
import type { Intake } from '../../files';
import type { Inserter } from '../../insert';
import {
  type PanelModel,
  StoredObjects,
  makePanelModel,
  toldAtOnce
} from '../../model';
import type { Artifact } from '../../transport';
import { followSetting } from '../closedSettings';
import { commandsPlugin } from '../commands';
import { settingsPlugin } from '../settings';

// jsdom opens no dialog, so that its content counts as hidden.
const IN_DIALOG = { hidden: true };

describe('The commands', () => {
  let server: FakeServer;
  let model: PanelModel;
  let commands: CommandRegistry;
  let palette: string[];
  let done: unknown[];
  let front: unknown;

  beforeEach(() => {
    server = new FakeServer();
    server.routes['GET connections'] = { connections: [connection()] };
    server.routes['GET status'] = status({ last_backend: BACKEND });
    model = makePanelModel(server.transport());
    commands = new CommandRegistry();
    palette = [];
    done = [];
    front = null;
    const app = {
      commands,
      shell: {
        widgets: () => [].values(),
        get currentWidget() {
          return front;
        }
      },
      contextMenuHitTest: () => undefined
    };
    const inserter = {
      copyLink: ({ name }: Artifact) => done.push(['copy', name]),
      insert: ({ name }: Artifact, how: unknown) =>
        done.push(['insert', name, how])
    };
    const intake = { takePaths: (paths: unknown) => done.push(paths) };
    void commandsPlugin.activate(
      app as unknown as JupyterFrontEnd,
      {
        model,
        inserter: inserter as unknown as Inserter,
        intake: intake as unknown as Intake,
        stored: new StoredObjects(
          model.client,
          (_, uri) => `http://localhost/${uri}`
        )
      },
      null,
      {
        addItem: ({ command }: { command: string }) => palette.push(command)
      } as unknown as ICommandPalette,
      null
    );
  });

  afterEach(() => {
    model.dispose();
  });

  it.each(Object.values(CommandIDs))('%s says what it takes', async id => {
    expect(commands.hasCommand(id)).toBe(true);
    const { args } = await commands.describedBy(id);
    expect(args).toMatchObject({ type: 'object' });
    for (const each of Object.values(args?.properties ?? {})) {
      expect((each as { description: string }).description).toBeTruthy();
    }
  });

  it('can be told apart in the palette', () => {
    const labels = palette.map(id => commands.label(id));
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels).toEqual(
      expect.arrayContaining([
        'Sign in to the openEO backend',
        'Choose files to stage for openEO…',
        'Insert the newest openEO artifact',
        'Copy link to the newest openEO artifact',
        'Filter openEO artifacts',
        'Cancel all uploads to openEO…',
        'Switch openEO backend…'
      ])
    );
  });

  it('take the newest artifact, which the panel need not have been opened for', async () => {
    const elsewhere = { id: 'c', connection: 'another', name: 'other.tif' };
    server.routes['GET artifacts'] = {
      artifacts: [artifact(elsewhere), artifact({ name: 'newest.tif' })],
      next: null
    };
    await commands.execute(CommandIDs.copyLink);
    await commands.execute(CommandIDs.insert, { how: 'uri' });
    expect(done).toEqual([
      ['copy', 'newest.tif'],
      ['insert', 'newest.tif', 'uri']
    ]);
  });

  it('say that there is none', async () => {
    await commands.execute(CommandIDs.insert);
    expect(model.notices.last?.text).toBe('There is no staged file yet.');
    expect(done).toEqual([]);
  });

  it('cancel all uploads, once that is agreed to', async () => {
    server.routes['GET uploads'] = {
      uploads: [
        upload({ id: 'a' }),
        upload({ id: 'b' }),
        upload({ id: 'c', state: 'failed' })
      ]
    };
    for (const id of ['a', 'b']) {
      server.routes[`POST uploads/${id}/cancel`] = upload({
        id,
        state: 'cancelled'
      });
    }
    expect(commands.isEnabled(CommandIDs.cancelAll)).toBe(false);
    await model.refresh();
    expect(commands.isEnabled(CommandIDs.cancelAll)).toBe(true);
    const all = jest.spyOn(model.all, 'cancel');
    const cancelled = commands.execute(CommandIDs.cancelAll);
    const button = await screen.findByRole('button', {
      name: 'Cancel uploads',
      ...IN_DIALOG
    });
    expect(screen.getByRole('dialog', IN_DIALOG)).toHaveTextContent(
      '2 files are on their way.'
    );
    fireEvent.click(button);
    await cancelled;
    expect(all).toHaveBeenCalledTimes(1);
    expect(model.snapshot.uploads.map(({ state }) => state)).toEqual([
      'cancelled',
      'cancelled',
      'failed'
    ]);
  });

  it('switch to a backend that is named, or chosen', async () => {
    const other = 'https://other.example';
    await model.refresh();
    server.routes['POST connections'] = connection({ id: 'o', backend: other });
    await commands.execute(CommandIDs.switchBackend, { backend: other });
    expect(model.session.state).toMatchObject({ connection: { id: 'o' } });
  });

  it('stage the open file, saved first where it was changed', async () => {
    expect(commands.isEnabled(CommandIDs.stageDocument)).toBe(false);
    const save = jest.fn(() => Promise.resolve());
    const context = { path: 'maps/a.geojson', model: { dirty: true }, save };
    front = { context };
    const staged = commands.execute(CommandIDs.stageDocument);
    fireEvent.click(
      await screen.findByRole('button', {
        name: 'Save and stage',
        ...IN_DIALOG
      })
    );
    await staged;
    expect(save).toHaveBeenCalledTimes(1);
    expect(done).toEqual([['maps/a.geojson']]);
  });
});

describe('the settings', () => {
  it('tell the widgets of the page how many files are sent at a time', async () => {
    const composite = { concurrentUploads: 3 };
    const settings = { composite, changed: new Signal<object, void>({}) };
    const model = makePanelModel(new FakeServer().transport());
    void settingsPlugin.activate(
      {} as JupyterFrontEnd,
      { model, inserter: {} },
      { load: () => Promise.resolve(settings) }
    );
    await Promise.resolve();
    expect(toldAtOnce()).toBe(3);
    model.dispose();
  });
});

describe('followSetting', () => {
  it('follows what a person or an administrator sets', async () => {
    const settings = {
      composite: { notifications: true, dropStrip: false },
      changed: new Signal<object, void>({})
    };
    const registry = {
      load: () =>
        Promise.resolve(settings as unknown as ISettingRegistry.ISettings)
    };
    const isTold = followSetting(registry, 'notifications');
    const hasStrip = followSetting(registry, 'dropStrip');
    await Promise.resolve();
    expect([isTold(), hasStrip()]).toEqual([true, false]);
  });

  it('wants all where there are no settings', () => {
    expect(followSetting(null, 'notifications')()).toBe(true);
  });
});
