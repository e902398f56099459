import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Title, Widget } from '@lumino/widgets';

import {
  FakeServer,
  connection,
  problem,
  status,
  upload
} from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import { type PanelModel, makePanelModel } from '../../model';
import type { Upload } from '../../transport';
import { Activity, GATHER } from '../activity';
import { Badge } from '../badge';
import { EndNotices } from '../endNotices';
import { StatusItem } from '../statusItem';

const trans = nullTranslator.load('test');

/** Uploads that are told apart by a letter. */
function file(letter: string, told: Partial<Upload> = {}): Upload {
  return upload({ id: letter.repeat(26), name: `${letter}.tif`, ...told });
}

function staged(letter: string, told: Partial<Upload> = {}): Upload {
  const artifact = `${letter}${'0'.repeat(25)}`;
  return file(letter, {
    state: 'staged',
    bytes_stored: 100,
    artifact,
    ...told
  });
}

function failed(letter: string, told: Partial<Upload> = {}): Upload {
  const state = 'failed';
  return file(letter, { state, problem: problem({ todo: '' }), ...told });
}

describe('With the panel closed', () => {
  let server: FakeServer;
  let model: PanelModel;
  let activity: Activity;
  let seen: boolean;
  let wanted: boolean;
  let notices: EndNotices;
  let executed: [string, unknown][];

  beforeEach(() => {
    jest.useFakeTimers();
    server = new FakeServer();
    server.routes['GET connections'] = { connections: [connection()] };
    server.routes['GET status'] = status();
    model = makePanelModel(server.transport());
    seen = false;
    wanted = true;
    executed = [];
    activity = new Activity(model, () => seen);
    const commands = new CommandRegistry();
    for (const id of [
      CommandIDs.copyLink,
      CommandIDs.insert,
      CommandIDs.open
    ]) {
      commands.addCommand(id, {
        label: id,
        describedBy: { args: null },
        execute: args => {
          executed.push([id, args]);
        }
      });
    }
    notices = new EndNotices({
      model,
      activity,
      commands,
      trans,
      wanted: () => wanted
    });
  });

  afterEach(() => {
    notices.dispose();
    activity.dispose();
    activity.dispose();
    model.dispose();
    Notification.dismiss();
    jest.useRealTimers();
  });

  /** What the server tells of its uploads from now on. */
  async function uploads(...told: readonly Upload[]): Promise<void> {
    server.routes['GET uploads'] = { uploads: told };
    // Artifacts are read in their own time.
    void model.read(new Set(['uploads']));
    await jest.advanceTimersByTimeAsync(50);
  }

  function told(): readonly (readonly [string, string, readonly string[]])[] {
    return Notification.manager.notifications.map(
      ({ message, type, options }) =>
        [
          type,
          message,
          (options.actions ?? []).map(({ label }) => label)
        ] as const
    );
  }

  function click(label: string): void {
    Notification.manager.notifications[0]?.options.actions
      ?.find(action => action.label === label)
      ?.callback(new MouseEvent('click'));
  }

  it('shows in the status bar how many files run, and how far they are', async () => {
    const item = new StatusItem(activity, trans, () => undefined);
    const button = item.node.querySelector('button');
    await uploads(
      file('a', { bytes_stored: 60 }),
      file('b', { bytes_received: 0, bytes_stored: 0 })
    );
    expect(button).toHaveTextContent('⇪ 2 · 30 %');
    expect(button).toHaveAccessibleName(
      '2 files are on their way to openEO, 30 %'
    );
    // One that is staged counts on until the last one is
    await uploads(
      staged('a'),
      file('b', { bytes_received: 100, bytes_stored: 0 })
    );
    expect(button).toHaveTextContent('⇪ 1 · 50 %');
    await uploads(staged('a'), staged('b'));
    expect(activity.now.running).toBe(0);
    // The next one begins anew
    await uploads(staged('a'), staged('b'), file('c', { size: null }));
    expect(button).toHaveTextContent('⇪ 1');
    expect(button).toHaveAccessibleName('1 file is on its way to openEO');
    item.dispose();
    item.dispose();
  });

  it('shows on the icon what runs, and that somebody is needed', async () => {
    const owner = new Widget();
    const title: Title<Widget> = owner.title;
    title.caption = 'openEO artifacts';
    title.dataset = { id: 'the-panel' };
    const badge = new Badge(title, activity, trans);
    await uploads(file('a'));
    expect(title.dataset).toEqual({
      id: 'the-panel',
      'openeo-badge': '1',
      'openeo-badge-kind': 'running'
    });
    await uploads(failed('a'));
    expect(title.dataset).toMatchObject({ 'openeo-badge': '!' });
    expect(title.caption).toBe('openEO artifacts\n1 file needs you');
    activity.look();
    expect(title.dataset).toEqual({ id: 'the-panel' });
    expect(title.caption).toBe('openEO artifacts');
    badge.dispose();
    owner.dispose();
  });

  it('tells of one staged file, with what is done with it next', async () => {
    await uploads(file('a'));
    await uploads(staged('a'));
    expect(told()).toEqual([]);
    await jest.advanceTimersByTimeAsync(GATHER);
    expect(told()).toEqual([
      ['success', 'a.tif is staged.', ['Copy link', 'Insert']]
    ]);
    click('Copy link');
    click('Insert');
    const id = staged('a').artifact;
    expect(executed).toEqual([
      [CommandIDs.copyLink, { id }],
      [CommandIDs.insert, { id }]
    ]);
  });

  it('tells of several files once, when the last one is staged', async () => {
    await uploads(...['a', 'b', 'c', 'd'].map(letter => file(letter)));
    await uploads(staged('a'), staged('b'), staged('c'), file('d'));
    await jest.advanceTimersByTimeAsync(5 * GATHER);
    expect(told()).toEqual([]);
    await uploads(...['a', 'b', 'c', 'd'].map(letter => staged(letter)));
    await jest.advanceTimersByTimeAsync(GATHER);
    expect(told()).toEqual([
      ['success', '4 files staged: a.tif, b.tif, c.tif, …', ['Show']]
    ]);
    click('Show');
    expect(executed).toEqual([[CommandIDs.open, {}]]);
  });

  it('says that a file was in storage already', async () => {
    await uploads();
    await uploads(staged('a', { reused: true }));
    await jest.advanceTimersByTimeAsync(GATHER);
    expect(told()[0]?.[1]).toBe(
      'a.tif was in storage already; not uploaded again.'
    );
  });

  it('keeps a failure until it is looked at, and tries again where that can be', async () => {
    await uploads(file('a'), file('b'));
    await uploads(failed('a', { can_retry: true }), file('b'));
    await jest.advanceTimersByTimeAsync(GATHER);
    expect(told()).toEqual([
      ['error', 'a.tif: It did not work.', ['Try again', 'Show']]
    ]);
    expect(Notification.manager.notifications[0]?.options.autoClose).toBe(
      false
    );
    const route = `POST uploads/${'a'.repeat(26)}/retry`;
    server.routes[route] = file('a');
    click('Try again');
    await jest.advanceTimersByTimeAsync(50);
    expect(server.requests.map(each => each.route)).toContain(route);
    activity.look();
    expect(told()).toEqual([]);
  });

  it('tells of failures together, and of what cannot be tried again without that', async () => {
    await uploads(file('a'), file('b'));
    await uploads(failed('a'), failed('b'));
    await jest.advanceTimersByTimeAsync(GATHER);
    expect(told()).toEqual([
      ['error', '2 files were not staged: a.tif, b.tif', ['Show']]
    ]);
  });

  it('tells of an upload that waits for a person, and of a file that was refused', async () => {
    await uploads(file('a'));
    const waits = problem({ message: 'The login has ended.', todo: '' });
    await uploads(file('a', { state: 'paused', problem: waits }));
    await jest.advanceTimersByTimeAsync(GATHER);
    expect(told().map(([, message]) => message)).toEqual([
      'a.tif: The login has ended.'
    ]);
    model.sender.refuse('b.tif', problem({ todo: '' }));
    await jest.advanceTimersByTimeAsync(GATHER + 50);
    expect(told().map(([, message]) => message)).toContain(
      'b.tif: It did not work.'
    );
  });

  it.each([
    ['what was over before this page was opened', () => uploads(failed('a'))],
    [
      'what somebody has cancelled',
      async () => {
        await uploads(file('a'));
        await uploads(file('a', { state: 'cancelled' }));
      }
    ],
    [
      'what ends while the panel is in sight',
      async () => {
        seen = true;
        await uploads(file('a'), file('b'));
        await uploads(staged('a'), failed('b'));
      }
    ],
    [
      'what was looked at before it was told',
      async () => {
        await uploads(file('a'));
        await uploads(failed('a'));
        activity.look();
      }
    ],
    [
      'anything, where the settings say so',
      async () => {
        wanted = false;
        await uploads(file('a'));
        await uploads(staged('a'));
      }
    ]
  ])('does not tell of %s', async (_, happens) => {
    await happens();
    await jest.advanceTimersByTimeAsync(5 * GATHER);
    expect(told()).toEqual([]);
  });
});
