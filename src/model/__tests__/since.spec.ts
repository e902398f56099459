import {
  FakeServer,
  artifact,
  connection,
  upload
} from '../../__tests__/fakeServer';
import { signedInModel } from '../../__tests__/handSender';
import { withDelta } from '../lists';
import type { PanelModel } from '../model';

const COUNT = 5000;

/** The id of the nth artifact. */
const idOf = (n: number): string => String(n).padStart(26, '0');

/** A server that answers what has changed since a mark, and counts what it answers. */
class Marked {
  constructor(server: FakeServer) {
    server.routes['GET artifacts'] = (query: URLSearchParams) =>
      this._answer(query);
  }

  readonly all = Array.from({ length: COUNT }, (_, n) =>
    artifact({ id: idOf(COUNT - n), connection: connection().id })
  );

  process = 'one';
  rows = 0;

  stage(n: number): void {
    this._version += 1;
    const added = artifact({ id: idOf(n), connection: connection().id });
    this.all.unshift(added);
    this._changed.push([this._version, added.id]);
  }

  forget(n: number): void {
    this._version += 1;
    const at = this.all.findIndex(({ id }) => id === idOf(n));
    this.all.splice(at, 1);
    this._changed.push([this._version, idOf(n)]);
  }

  private _answer(query: URLSearchParams): object {
    const [process, version] = (query.get('since') ?? '').split('-');
    const mark = `${this.process}-${this._version}`;
    if (process !== this.process) {
      const below = query.get('before') ?? 'z';
      const older = this.all.filter(({ id }) => id < below);
      const artifacts = older.slice(0, 200);
      this.rows += artifacts.length;
      const next = older.length > 200 ? artifacts[199]?.id : null;
      return { artifacts, next, mark, since: null, removed: [] };
    }
    const ids = new Set(
      this._changed.filter(([at]) => at > Number(version)).map(([, id]) => id)
    );
    const artifacts = this.all.filter(({ id }) => ids.has(id));
    const removed = [...ids].filter(
      id => !artifacts.some(each => each.id === id)
    );
    this.rows += artifacts.length + removed.length;
    return { artifacts, removed, mark, next: null, since: query.get('since') };
  }

  private _version = 0;
  private readonly _changed: [number, string][] = [];
}

describe('what has changed since the last look', () => {
  let server: FakeServer;
  let marked: Marked;
  let model: PanelModel;

  beforeEach(async () => {
    server = new FakeServer();
    marked = new Marked(server);
    ({ model } = await signedInModel(server));
    await model.read(new Set(['artifacts']));
  });

  afterEach(() => model.dispose());

  const read = (): Promise<void> => model.read(new Set(['artifacts']));
  const shown = (): readonly string[] =>
    model.snapshot.artifacts.map(({ id }) => id);

  it('is all that an event moves over the wire', async () => {
    // Given
    for (let pages = 1; pages < COUNT / 200; pages += 1) {
      await model.showOlder();
    }
    expect(shown()).toHaveLength(COUNT);
    const before = model.snapshot.artifacts;
    marked.rows = 0;

    // When
    marked.stage(COUNT + 1);
    marked.forget(17);
    await read();

    // Then
    expect(marked.rows).toBe(2);
    expect(shown()).toHaveLength(COUNT);
    expect(shown()[0]).toBe(idOf(COUNT + 1));
    expect(shown()).not.toContain(idOf(17));
    expect(model.snapshot.artifacts[1]).toBe(before[0]);

    // And nothing is nothing
    marked.rows = 0;
    const after = model.snapshot.artifacts;
    await read();
    expect(marked.rows).toBe(0);
    expect(model.snapshot.artifacts).toBe(after);
  });

  it('leaves what is older than the last page to that page', async () => {
    marked.forget(17);
    marked.stage(17);
    await read();
    expect(shown()).toHaveLength(200);
    expect(shown()).not.toContain(idOf(17));
  });

  it('is the list itself from a restarted server, and for who asks for it', async () => {
    marked.process = 'two';
    marked.rows = 0;
    await read();
    expect(marked.rows).toBe(200);
    await read();
    expect(marked.rows).toBe(200);
    await model.refresh();
    expect(marked.rows).toBe(400);
  });

  it('drops uploads that others have taken off the list', async () => {
    const [one, two] = ['1', '2'].map(n => upload({ id: n.repeat(26) }));
    const asked: (string | null)[] = [];
    server.routes['GET uploads'] = (query: URLSearchParams) => {
      asked.push(query.get('since'));
      return query.has('since')
        ? { uploads: [], removed: [one!.id], since: 'a', mark: 'b' }
        : { uploads: [two, one], removed: [], since: null, mark: 'a' };
    };
    await model.read(new Set(['uploads']));
    await model.read(new Set(['uploads']));
    expect(asked).toEqual([null, 'a']);
    expect(model.snapshot.uploads.map(({ id }) => id)).toEqual([two!.id]);
  });
});

describe('withDelta', () => {
  const item = (id: string, size = 1) => ({ id, size });
  const before = [item('d'), item('b'), item('a')];
  const cases: [string, { id: string; size: number }[], string[], string][] = [
    ['nothing', [], [], 'd1b1a1'],
    ['a new one', [item('e')], [], 'e1d1b1a1'],
    ['one in between', [item('c')], [], 'd1c1b1a1'],
    ['one that is another now', [item('b', 2)], [], 'd1b2a1'],
    ['one that went', [], ['b', 'x'], 'd1a1'],
    ['one that went and came', [item('b', 3)], ['d'], 'b3a1']
  ];
  it.each(cases)('%s', (_, changed, removed, expected) => {
    const after = withDelta(before, { changed, removed });
    expect(after.map(({ id, size }) => id + size).join('')).toBe(expected);
  });

  it('keeps the list where nothing of it has changed', () => {
    const same = { changed: [item('b')], removed: ['x'] };
    expect(withDelta(before, same)).toBe(before);
  });
});
