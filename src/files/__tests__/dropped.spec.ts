import { carriesFiles, readDropped } from '../dropped';

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
    expect(dropped.folders).toEqual(['data']);
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

describe('carriesFiles', () => {
  it.each([
    ['files', ['Files'], true],
    ['a text', ['text/plain'], false],
    ['a link', ['text/uri-list', 'text/html'], false]
  ])('looks at a drag of %s', (_, types, expected) => {
    expect(carriesFiles({ types } as unknown as DataTransfer)).toBe(expected);
  });
});
