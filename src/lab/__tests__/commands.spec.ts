import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { fireEvent, screen, within } from '@testing-library/react';

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
      copyLinks: (artifacts: readonly Artifact[], form: unknown) =>
        done.push(['copy', artifacts.map(({ name }) => name), form]),
      insert: (artifacts: readonly Artifact[], how: unknown) =>
        done.push(['insert', ...artifacts.map(({ name }) => name), how])
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

  it('work on several artifacts', async () => {
    // Given
    const ids = Array.from({ length: 101 }, (_, index) => String(index));
    server.routes['GET artifacts'] = {
      artifacts: ids.map(id => artifact({ id, name: `${id}.tif` })),
      next: null
    };
    await model.refresh();
    const both = { ids: ['1', '2'] };
    // When they are copied and inserted
    for (const form of [undefined, 'dict', 'csv']) {
      await commands.execute(CommandIDs.copyLinks, { ...both, form });
    }
    await commands.execute(CommandIDs.insert, both);
    // Then
    const names = ['1.tif', '2.tif'];
    expect(done).toEqual([
      ['copy', names, 'lines'],
      ['copy', names, 'dict'],
      ['copy', names, 'csv'],
      ['insert', ...names, undefined]
    ]);
    expect(commands.label(CommandIDs.insert, both)).toBe(
      'Insert as artifacts = {…}'
    );
    // When they are more than are made at a time
    await commands.execute(CommandIDs.insert, { ids });
    // Then that is said
    expect(done).toHaveLength(4);
    expect(model.notices.last?.text).toBe(
      '101 files are selected; links and code are made for 100 at a time.'
    );
    // When they are removed, and that is confirmed
    const removed = commands.execute(CommandIDs.forgetArtifact, both);
    const question = await screen.findByRole('dialog', IN_DIALOG);
    expect(question).toHaveTextContent('2 files go off the list.');
    server.routes['DELETE artifacts/1'] = {};
    server.routes['DELETE artifacts/2'] = {};
    fireEvent.click(
      within(question).getByRole('button', { name: 'Remove', ...IN_DIALOG })
    );
    await removed;
    // Then
    expect(model.snapshot.artifacts).toHaveLength(99);
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
