import { artifact } from '../../__tests__/fakeServer';
import { namesIn, wholeText, requestFor } from '../names';

describe('namesIn', () => {
  it('finds the identifiers of all cells, each once', () => {
    const cells = ['fields_url = f(a1)', 'x = fields_url  # über', ''];
    expect(namesIn(cells, []).taken).toEqual([
      'fields_url',
      'f',
      'a1',
      'x',
      'ber'
    ]);
  });

  it('passes over data, and tells no more than the server takes', () => {
    const names = Array.from({ length: 9000 }, (_, index) => `n${index}`);
    const cell = `${'x '.repeat(600)}\n${names.join('\n')}`;
    const { taken } = namesIn([cell, 'y'.repeat(200)], []);
    expect(taken).toHaveLength(5000);
    expect(taken).not.toContain('x');
    expect(Math.max(...taken.map(name => name.length))).toBeLessThanOrEqual(64);
  });

  it.each([
    ['from jupyter_openeo_artifacts import presigned_url', true],
    ['a = 1\nfrom jupyter_openeo_artifacts import verify, presigned_url', true],
    ['from jupyter_openeo_artifacts import (\n  presigned_url,\n)', true],
    ['from jupyter_openeo_artifacts import presigned_url as sign', false],
    ['from jupyter_openeo_artifacts import verify  # presigned_url', false],
    ['def f():\n    from jupyter_openeo_artifacts import presigned_url', false],
    ['# from jupyter_openeo_artifacts import presigned_url', false],
    ['import jupyter_openeo_artifacts', false]
  ])('knows an import that counts: %j', (source, counts) => {
    expect(namesIn([source], ['', source]).imported).toBe(counts);
    expect(namesIn([source], []).imported).toBe(false);
  });
});

it('puts the import above where it is needed', () => {
  const snippet = {
    text: 'a = 1',
    import: null,
    assigns: ['a'],
    failed: [],
    cursor: { start: 5, end: 5 },
    links: []
  };
  expect(wholeText(snippet)).toBe('a = 1');
  expect(wholeText({ ...snippet, import: 'import b' })).toBe('import b\na = 1');
});

it('asks for a line with the reader’s own time', () => {
  expect(requestFor([artifact()], 'link', { expiresIn: 3600 })).toEqual({
    artifacts: [artifact().id],
    form: 'link',
    language: 'python',
    place: 'statement',
    taken: [],
    imported: false,
    skip: false,
    expires_in: 3600,
    utc_offset: -new Date().getTimezoneOffset()
  });
  expect(requestFor([artifact()], 'uri')).not.toHaveProperty('expires_in');
});
