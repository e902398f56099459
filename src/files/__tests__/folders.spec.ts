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
import { useRealFiles } from '../../__tests__/realFiles';
import type { IFolder } from '../dropped';
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

/** A folder that was chosen, or, where null, one of a drop that cannot be read. */
function folder(name: string, files: Record<string, File> | null): IFolder {
  const entry = {
    createReader: () => {
      throw new DOMException('gone', 'NotFoundError');
    }
  };
  return {
    name,
    entry: files ? null : (entry as unknown as FileSystemDirectoryEntry),
    files: Object.entries(files ?? {}).map(([path, file]) =>
      Object.defineProperty(file, 'webkitRelativePath', {
        value: `${name}/${path}`
      })
    )
  };
}

const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('Much at once, and folders', () => {
  useRealFiles();

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

  /** The question that is asked; answers it by the label of an answer, or cancels it. */
  async function answer(label: string | null): Promise<string> {
    const { questions } = model.notices;
    while (!questions.first) {
      await tick();
    }
    const { text, answers, cancel } = questions.first;
    const given = answers.find(each => each.label === label);
    (given?.give ?? cancel)();
    await tick();
    return `${text} [${answers.map(each => each.label).join('] [')}]`;
  }

  it.each([
    [101, 1, 'These are 101 files (101 B). [Stage 101 files]'],
    [1, 10_000_000_001, 'This file has 10 GB. [Stage it]']
  ])('asks once before %i files of %i bytes', async (count, size, asked) => {
    const intake = await make();
    const files = Array.from({ length: count }, (_, index) =>
      Object.defineProperty(new File(['x'], `${index}.tif`), 'size', {
        value: size
      })
    );
    // When the person does not want it, and then does
    let taking = intake.takeDropped({ files, folders: [] });
    expect(await answer(null)).toBe(asked);
    await taking;
    expect(model.snapshot.queuedFiles).toEqual([]);
    expect(sent).toEqual([]);
    taking = intake.takeDropped({ files, folders: [] });
    await answer(/\[(.*)\]/.exec(asked)?.[1] ?? '');
    await taking;
    // Then
    expect(sent.length + model.snapshot.queuedFiles.length).toBeGreaterThan(
      count - 1
    );
  });

  it('asks once before many paths of the file browser', async () => {
    const paths = Array.from({ length: 101 }, (_, index) => `${index}.tif`);
    const intake = await make(
      {},
      Object.fromEntries(paths.map(path => [path, {}]))
    );
    const taking = intake.takePaths(paths);
    expect(await answer(null)).toBe(
      'These are 101 files (1.0 kB). [Stage 101 files]'
    );
    await taking;
    expect(
      server.requests.filter(({ route }) => route === 'POST uploads')
    ).toEqual([]);
  });

  it('stages a folder as its files, under the names that they have in it', async () => {
    const intake = await make();
    const file = new File(['x'], 'a.tif');
    const below = new File(['y'], 'b.tif');
    const hidden = new File(['z'], '.DS_Store');
    const taking = intake.takeDropped({
      files: [new File(['x'], 'a.tif')],
      folders: [
        folder('tiles', {
          'x/b.tif': below,
          '.DS_Store': hidden,
          'a.tif': file
        })
      ]
    });
    expect(await answer('Stage 2 files')).toBe(
      '“tiles” is a folder (2 files, 2 B). Left out: .DS_Store. [Stage 2 files] [Stage one zip]'
    );
    await taking;
    expect(model.snapshot.queuedFiles.map(({ name }) => name)).toEqual([
      'tiles/a.tif',
      'tiles/x/b.tif',
      'a.tif'
    ]);
  });

  it('stages a Zarr store as one zip only', async () => {
    const intake = await make();
    const taking = intake.takeDropped({
      files: [],
      folders: [
        folder('ndvi.zarr', {
          'zarr.json': new File(['{}'], 'zarr.json'),
          'ndvi/c/0/0': new File(['0123'], '0')
        })
      ]
    });
    expect(await answer('Stage one zip')).toBe(
      '“ndvi.zarr” is a Zarr store (2 files, 6 B). Jobs can read it as one zip (zarr.storage.ZipStore), and not as single files. [Stage one zip]'
    );
    await taking;
    expect(sent.map(({ file: { name } }) => name)).toEqual(['ndvi.zarr.zip']);
  });

  it.each([
    ['is empty', { '.git/x': new File(['x'], 'x') }, 'folder_empty'],
    ['cannot be read', null, 'folder_unreadable']
  ])('refuses a folder that %s', async (_, files, code) => {
    const intake = await make();
    await intake.takeDropped({ files: [], folders: [folder('data', files)] });
    expect(refusals()).toEqual([['data', code]]);
  });

  it('refuses a folder of which a file changes while it is read', async () => {
    const intake = await make();
    const file = new File(['x'], 'a.tif');
    jest.spyOn(file, 'slice').mockImplementation(() => {
      throw new DOMException('changed', 'NotReadableError');
    });
    const taking = intake.takeDropped({
      files: [],
      folders: [folder('data', { 'a.tif': file })]
    });
    await answer('Stage one zip');
    await taking;
    expect(refusals()).toEqual([['data', 'file_changed']]);
    expect(model.notices.questions.first).toBeNull();
  });

  it.each([
    [
      'Stage 2 files',
      [
        { path: 'a/tiles/a.tif', name: 'tiles/a.tif' },
        { path: 'a/tiles/x/b.tif', name: 'tiles/x/b.tif' }
      ]
    ],
    ['Stage one zip', [{ path: 'a/tiles', name: 'tiles.zip', zip: true }]]
  ])('stages a folder of the file browser: %s', async (label, bodies) => {
    // Given
    const tiles = 'a/tiles';
    const intake = await make(
      {},
      {
        [tiles]: {
          type: 'directory',
          content: [
            { type: 'directory', name: 'x', path: `${tiles}/x` },
            { type: 'directory', name: '__pycache__', path: `${tiles}/_` },
            { type: 'file', name: 'a.tif', path: `${tiles}/a.tif`, size: 1 }
          ]
        },
        [`${tiles}/x`]: {
          type: 'directory',
          content: [
            { type: 'file', name: 'b.tif', path: `${tiles}/x/b.tif`, size: 2 }
          ]
        }
      }
    );
    // When
    const taking = intake.takePaths([tiles]);
    expect(await answer(label)).toContain(
      '(2 files, 3 B). Left out: __pycache__'
    );
    await taking;
    // Then
    expect(
      server.requests.flatMap(({ route, body }) =>
        route === 'POST uploads' ? [body] : []
      )
    ).toEqual(bodies.map(body => ({ connection: connection().id, ...body })));
  });
});
