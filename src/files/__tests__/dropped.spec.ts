import { plainTranslator } from '../../text/translator';
import { Questions } from '../../model/questions';
import {
  type IFolder,
  carriesFiles,
  readChosen,
  readDropped
} from '../dropped';
import { filesToStage } from '../folder';

/** A DataTransfer as browsers give it; jsdom has none. */
function transfer(
  items: readonly { name: string; directory?: boolean }[]
): DataTransfer {
  return {
    types: ['Files'],
    files: [],
    items: items.map(({ name, directory }) => ({
      kind: 'file',
      getAsFile: () => new File(['x'], name),
      webkitGetAsEntry: () => ({ name, isDirectory: directory ?? false })
    }))
  } as unknown as DataTransfer;
}

describe('readDropped', () => {
  it('tells folders from files', () => {
    const dropped = readDropped(
      transfer([{ name: 'a.tif' }, { name: 'data', directory: true }])
    );
    expect(dropped.files.map(({ name }) => name)).toEqual(['a.tif']);
    expect(dropped.folders.map(({ name }) => name)).toEqual(['data']);
  });

  it('takes a file whose entry is not known', () => {
    const items = [
      {
        kind: 'file',
        getAsFile: () => new File(['x'], 'a.tif'),
        webkitGetAsEntry: () => null
      },
      { kind: 'string', getAsFile: () => null }
    ];
    const dropped = readDropped({
      items,
      files: []
    } as unknown as DataTransfer);
    expect(dropped.files.map(({ name }) => name)).toEqual(['a.tif']);
    expect(dropped.folders).toEqual([]);
  });

  it('falls back to the list of files', () => {
    const files = [new File(['x'], 'a.tif')];
    const dropped = readDropped({
      items: [],
      files
    } as unknown as DataTransfer);
    expect(dropped.files).toEqual(files);
  });
});

/** A folder as a browser tells it: a few entries at a time. */
function directory(name: string, entries: readonly object[]): object {
  return {
    name,
    isDirectory: true,
    createReader: () => {
      const left = [...entries];
      return {
        readEntries: (take: (found: readonly object[]) => void) =>
          take(left.splice(0, 2))
      };
    }
  };
}

function entry(name: string): object {
  return {
    name,
    isFile: true,
    file: (take: (file: File) => void) => take(new File(['x'], name))
  };
}

/** What is asked of folders, and the names of the files that are staged if all are. */
async function stagedOf(
  folders: readonly IFolder[]
): Promise<readonly string[]> {
  const questions = new Questions();
  const asked: string[] = [];
  questions.changed.connect(() => {
    const { first } = questions;
    if (first && asked.length === 0) {
      asked.push(first.text);
      first.answers[0]?.give();
    }
  });
  const files = await filesToStage(
    { files: [], folders },
    { questions, trans: plainTranslator, refuse: name => asked.push(name) }
  );
  return [...asked, ...files.map(({ name }) => name)];
}

describe('a folder', () => {
  it('of a drop is read to its end, and not below what is left out', async () => {
    const hidden = directory('.git', [directory('objects', [])]);
    Object.assign(hidden, { createReader: null });
    const data = directory('data', [
      entry('a'),
      entry('b'),
      entry('c'),
      directory('x', [entry('d'), directory('y', [entry('e')])]),
      hidden
    ]);
    const { folders } = readDropped({
      items: [
        { kind: 'file', getAsFile: () => null, webkitGetAsEntry: () => data }
      ],
      files: []
    } as unknown as DataTransfer);
    expect(await stagedOf(folders)).toEqual([
      '“data” is a folder (5 files, 5 B). Left out: .git.',
      'data/a',
      'data/b',
      'data/c',
      'data/x/d',
      'data/x/y/e'
    ]);
  });

  it('that was chosen has the paths that the browser tells', async () => {
    const input = document.createElement('input');
    const files = ['data/a', 'data/x/b'].map(path =>
      Object.defineProperty(new File(['x'], 'x'), 'webkitRelativePath', {
        value: path
      })
    );
    Object.defineProperty(input, 'files', { value: files });
    Object.assign(input, { webkitdirectory: true });
    const { folders } = readChosen(input);
    expect(await stagedOf(folders)).toEqual([
      '“data” is a folder (2 files, 2 B).',
      'data/a',
      'data/x/b'
    ]);
  });
});

describe('carriesFiles', () => {
  it.each([
    ['files', ['Files'], true],
    ['a text', ['text/plain'], false],
    ['a link', ['text/uri-list', 'text/html'], false]
  ])('looks at a drag of %s', (_, types, expected) => {
    expect(carriesFiles({ types } as unknown as DataTransfer)).toBe(expected);
  });
});
