import { Signal } from '@lumino/signaling';
import { act, screen } from '@testing-library/react';

import { FakeServer, artifact, upload } from '../../__tests__/fakeServer';
import { HandSender } from '../../__tests__/handSender';
import * as kinds from '../../app/kinds';
import * as words from '../../app/words';
import type { PanelModel } from '../../model';
import type { Upload } from '../../transport';
import { ShownPanel, signIn } from './shownPanel';

// Each drawing of an upload's row asks once for its words, and each of any row for its kind.
jest.mock('../../app/kinds', () => {
  const actual: typeof kinds = jest.requireActual('../../app/kinds');
  return { ...actual, kindOf: jest.fn(actual.kindOf) };
});
jest.mock('../../app/words', () => {
  const actual: typeof words = jest.requireActual('../../app/words');
  return { ...actual, describeUpload: jest.fn(actual.describeUpload) };
});

const ROWS = 321;
const DROPS = 100;

const id = (letter: string, index: number): string =>
  letter + String(index).padStart(25, '0');

describe('a long list', () => {
  let server: FakeServer;
  let model: PanelModel;
  let shown: ShownPanel;
  let sent: HandSender[];
  let uploads: Upload[];
  let fresh: ReturnType<typeof artifact>[];
  /** Artifacts that were answered. */
  let moved: number;

  beforeEach(async () => {
    server = new FakeServer();
    sent = [];
    uploads = [];
    const staged = Array.from({ length: ROWS }, (_, index) =>
      artifact({ id: id('r', index), name: `row-${index}.bin` })
    );
    signIn(server);
    fresh = [];
    moved = 0;
    server.routes['GET artifacts'] = (query: URLSearchParams) => {
      const since = query.get('since');
      const artifacts =
        since === null
          ? [...fresh, ...staged]
          : fresh.slice(0, fresh.length - Number(since));
      moved += artifacts.length;
      const mark = String(fresh.length);
      return { artifacts, removed: [], next: null, since, mark };
    };
    server.routes['GET uploads'] = () => ({ uploads });
    shown = await ShownPanel.of(
      server.transport(options => {
        const sender = new HandSender(options);
        sent.push(sender);
        return sender;
      })
    );
    ({ model } = shown);
    await screen.findByRole('heading', { name: `Artifacts (${ROWS})` });
  });

  afterEach(() => shown.dispose());

  it('draws no row again for files that are dropped beside it', async () => {
    // Given a long list that has been drawn, and is read no more
    await act(() => model.read(new Set(['artifacts'])));
    const connects = jest.spyOn(Signal.prototype, 'connect');
    const drawn = jest.mocked(kinds.kindOf);
    const drawnUploads = jest.mocked(words.describeUpload);
    drawn.mockClear();
    drawnUploads.mockClear();
    moved = 0;

    // When many small files are dropped at once, and become uploads and artifacts one by one
    await act(async () => {
      model.uploads.stageFiles(
        Array.from({ length: DROPS }, (_, i) => new File(['x'], `${i}.bin`))
      );
    });
    for (let index = 0; index < DROPS; index += 1) {
      const artifactId = id('n', index);
      const made = artifact({ id: artifactId, name: `${index}.bin` });
      await act(async () => {
        const name = `${index}.bin`;
        const sender = sent[index];
        uploads = [upload({ id: id('j', index), name }), ...uploads];
        sender?.options.onUpload(id('j', index));
        await model.read(new Set(['uploads']));
        uploads = uploads.map(each =>
          each.name === name
            ? { ...each, state: 'staged', artifact: artifactId }
            : each
        );
        fresh = [made, ...fresh];
        sender?.finish();
        await model.read(new Set(['uploads']));
      });
    }
    // Frames are drawn inside `act`; the limit of the test is the one against hanging.
    while (screen.queryByText(`Artifacts (${ROWS + DROPS})`) === null) {
      await act(() => new Promise<void>(done => setTimeout(done, 20)));
    }

    // Then what was done grows with the drops, and not with drops × rows
    expect(sent).toHaveLength(DROPS);
    expect(drawn.mock.calls.length).toBeLessThanOrEqual(10 * DROPS);
    expect(drawnUploads.mock.calls.length).toBeLessThanOrEqual(6 * DROPS);
    expect(connects.mock.calls.length).toBeLessThanOrEqual(DROPS);
    expect(moved).toBe(DROPS);
    connects.mockRestore();
  });
});
