import type { Contents } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';

import {
  FakeServer,
  connection,
  upload,
  status,
  BACKEND
} from '../../__tests__/fakeServer';
import type { ISenderOptions } from '../../transport';
import type { Inserter } from '../../insert';
import { type PanelModel, makePanelModel } from '../../model';
import { Intake } from '../intake';

const trans = nullTranslator.load('test');

function contents(
  files: Record<string, Partial<Contents.IModel>>
): Contents.IManager {
  return {
    localPath: (path: string) => path.replace(/^[^:]*:/, ''),
    driveName: (path: string) => /^([^:]*):/.exec(path)?.[1] ?? '',
    get: (path: string) =>
      path in files
        ? Promise.resolve({ type: 'file', size: 10, ...files[path] })
        : Promise.reject(new Error('It is not there.'))
  } as unknown as Contents.IManager;
}

describe('Intake', () => {
  let server: FakeServer;
  let model: PanelModel;
  let sent: ISenderOptions[];
  const insertGeometry = jest.fn();

  async function make(
    told: Parameters<typeof connection>[0] = {},
    files: Record<string, Partial<Contents.IModel>> = {}
  ): Promise<Intake> {
    server = new FakeServer();
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes['GET connections'] = { connections: [connection(told)] };
    server.routes['POST uploads'] = upload();
    sent = [];
    model = makePanelModel(
      server.transport(options => {
        sent.push(options);
        return {
          done: new Promise(() => undefined),
          start: () => undefined,
          abort: () => undefined
        } as never;
      })
    );
    await model.refresh();
    return new Intake(
      model,
      { insertGeometry } as unknown as Inserter,
      contents(files),
      trans
    );
  }

  const refusals = (): (readonly [string, string])[] =>
    model.snapshot.queuedFiles.flatMap(file =>
      file.state === 'refused' ? [[file.name, file.problem.code]] : []
    );

  afterEach(() => {
    model.dispose();
    insertGeometry.mockReset();
  });

  it('stages paths of the file browser, each for itself', async () => {
    const intake = await make(
      {},
      {
        'a.tif': {},
        'RTC:b.tif': {},
        empty: { type: 'directory', content: [] }
      }
    );
    await intake.takePaths(['a.tif', 'RTC:b.tif', 'empty', 'gone.tif', 'S3:c']);
    expect(
      server.requests.filter(({ route }) => route === 'POST uploads')
    ).toEqual([
      {
        route: 'POST uploads',
        body: { connection: connection().id, path: 'a.tif' }
      },
      {
        route: 'POST uploads',
        body: { connection: connection().id, path: 'b.tif' }
      }
    ]);
    expect(refusals()).toEqual([
      ['c', 'not_on_this_server'],
      ['gone.tif', 'unexpected'],
      ['empty', 'folder_empty']
    ]);
  });

  it('waits for a sign-in that is still being looked up', async () => {
    // Given a panel that is asking its backend
    const intake = await make();
    let answer: (value: unknown) => void = () => undefined;
    server.routes['POST connections'] = () =>
      new Promise(resolve => {
        answer = resolve;
      });
    const choosing = model.session.choose(BACKEND);
    await new Promise(resolve => setTimeout(resolve));

    // When a file is dropped meanwhile
    const taking = intake.takeDropped({
      files: [new File([], 'a')],
      folders: []
    });
    answer(connection());
    await choosing;
    await taking;

    // Then it is sent
    expect(sent).toHaveLength(1);
  });

  it('asks to sign in first, and goes on by itself then', async () => {
    // Given
    const intake = await make({ state: 'signed_out' }, { 'b.bin': {} });
    // When
    await intake.takeDropped({
      files: [new File([], 'a'), new File([], 'c')],
      folders: []
    });
    await intake.takePaths(['b.bin']);
    // Then
    expect(sent).toEqual([]);
    expect(model.notices.last).toMatchObject({ kind: 'info' });
    const { queuedFiles } = model.snapshot;
    expect(queuedFiles).toMatchObject([
      { state: 'signed_out', name: 'a' },
      { state: 'signed_out', name: 'c' },
      { state: 'signed_out', name: 'b.bin' }
    ]);
    // When: one is taken off, and somebody signs in
    model.sender.dismiss(queuedFiles[1]!.key);
    server.routes['GET connections'] = { connections: [connection()] };
    await model.refresh();
    // Then
    expect(sent).toMatchObject([{ file: { name: 'a' } }]);
    const asked = server.requests.filter(
      ({ route }) => route === 'POST uploads'
    );
    expect(asked).toMatchObject([{ body: { path: 'b.bin' } }]);
  });

  describe('where the backend has no storage', () => {
    const none = {
      storage: { state: 'none', provider: null, s3_uri: null }
    } as const;

    it('takes a small GeoJSON into the notebook', async () => {
      const intake = await make(none);
      const value = { type: 'Point', coordinates: [5, 52] };
      await intake.takeDropped({
        files: [new File([JSON.stringify(value)], 'p.geojson')],
        folders: []
      });
      expect(insertGeometry).toHaveBeenCalledWith('p.geojson', value);
    });

    it.each([
      ['something else', '{"a": 1}', 'inline_not_geojson'],
      ['no JSON', 'GIF89a', 'inline_not_geojson'],
      ['a large one', 'x'.repeat(1_000_001), 'inline_too_large']
    ])('refuses %s', async (_, text, code) => {
      const intake = await make(none);
      await intake.takeDropped({
        files: [new File([text], 'x.json')],
        folders: []
      });
      expect(insertGeometry).not.toHaveBeenCalled();
      expect(refusals()).toEqual([['x.json', code]]);
    });
  });

  it('shows why a storage cannot be used', async () => {
    const intake = await make({
      storage: { state: 'unsupported', provider: 'FancyStore', s3_uri: null }
    });
    await intake.takeDropped({ files: [new File([], 'a')], folders: [] });
    expect(sent).toEqual([]);
    expect(refusals()).toEqual([['a', 'storage_unsupported']]);
  });
});
