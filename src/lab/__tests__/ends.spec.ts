import {
  FakeServer,
  connection,
  problem,
  status,
  upload
} from '../../__tests__/fakeServer';
import { HandSender } from '../../__tests__/handSender';
import { type PanelModel, makePanelModel } from '../../model';
import type { Upload } from '../../transport';
import { Activity, GATHER } from '../activity';

/** Uploads that are told apart by a letter. */
function file(letter: string, told: Partial<Upload> = {}): Upload {
  return upload({ id: letter.repeat(26), name: letter, ...told });
}

function staged(letter: string): Upload {
  const artifact = `${letter}${'0'.repeat(25)}`;
  return file(letter, { state: 'staged', bytes_stored: 100, artifact });
}

function failed(letter: string): Upload {
  return file(letter, { state: 'failed', problem: problem() });
}

describe('what has ended with the panel closed', () => {
  let server: FakeServer;
  let model: PanelModel;
  let sent: HandSender[];
  let activity: Activity;
  let told: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    server = new FakeServer();
    server.routes['GET connections'] = { connections: [connection()] };
    server.routes['GET status'] = status();
    // Nothing is listed before the test says so.
    server.routes['GET uploads'] = () => new Promise(() => undefined);
    sent = [];
    model = makePanelModel(
      server.transport(options => {
        sent.push(new HandSender(options));
        return sent.at(-1)!;
      })
    );
    activity = new Activity(model, () => false);
    told = [];
    activity.ended.connect((_, ends) => {
      told.push(...ends.staged.map(({ name }) => `${name} is staged`));
      told.push(
        ...ends.stopped.map(each =>
          each.kind === 'upload'
            ? `${each.upload.name} stands`
            : `${each.file.name} was refused`
        )
      );
    });
  });

  afterEach(() => {
    activity.dispose();
    model.dispose();
    jest.useRealTimers();
  });

  /** What the server tells of its uploads from now on. */
  async function uploads(...list: readonly Upload[]): Promise<void> {
    server.routes['GET uploads'] = { uploads: list };
    // Artifacts are read in their own time.
    void model.read(new Set(['uploads']));
    await jest.advanceTimersByTimeAsync(50);
  }

  /** This page sends one that has become an upload. */
  async function send(letter: string): Promise<void> {
    model.sender.send([new File(['x'], letter)]);
    await jest.advanceTimersByTimeAsync(0);
    sent[0]?.options.onUpload(letter.repeat(26));
    await jest.advanceTimersByTimeAsync(50);
  }

  it.each([
    ['one alone', (id: string) => model.sender.pause(id)],
    ['all', () => model.all.pause()]
  ])('is told while somebody has paused %s', async (_, pause) => {
    // Given one that the server reads, and one that this page sends
    await send('b');
    await uploads(file('a'), file('b', { state: 'receiving' }));
    // When
    pause('b'.repeat(26));
    await uploads(staged('a'), file('b', { state: 'receiving' }));
    await jest.advanceTimersByTimeAsync(GATHER);
    // Then
    expect(told).toEqual(['a is staged']);
  });

  it('is told while another upload waits for a person', async () => {
    await uploads(file('a'), file('b'));
    await uploads(
      staged('a'),
      file('b', { state: 'paused', problem: problem({ who: 'you' }) })
    );
    await jest.advanceTimersByTimeAsync(GATHER);
    expect(told).toEqual(['a is staged', 'b stands']);
  });

  it('is told of what this page sent before the first list came', async () => {
    await send('b');
    sent[0]?.finish();
    await uploads(staged('b'), staged('a'));
    await jest.advanceTimersByTimeAsync(GATHER);
    expect(told).toEqual(['b is staged']);
  });

  it('is no news where the first list comes late', async () => {
    // Given something that is known before it
    model.sender.refuse('x', problem());
    model.uploads.put(file('c'));
    await jest.advanceTimersByTimeAsync(GATHER + 50);
    // When
    await uploads(file('c'), failed('a'), staged('b'));
    await uploads(failed('a'), staged('b'));
    await jest.advanceTimersByTimeAsync(GATHER);
    // Then
    expect(told).toEqual(['x was refused']);
  });
});
