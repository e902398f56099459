import { nullTranslator } from '@jupyterlab/translation';

import { artifact } from '../../__tests__/fakeServer';
import type { ArtifactsModel } from '../../model';
import type { PresignedURL, Snippet, SnippetRequest } from '../../transport';
import type { IPlace, InsertionPoint } from '../cell';
import { Inserter } from '../inserter';
import type { IQuestions } from '../questions';

const trans = nullTranslator.load('test');
const UNTIL = '2026-11-23T01:14:00.000Z';

const questions: IQuestions = {
  askLifetime: async () => 'hour',
  askMissing: async () => 'cancel',
  askUnknown: async () => 'reference',
  showToCopy: async () => undefined
};

/** An inserter at a place of a notebook, and what it does. */
function inserterAt({
  place = { where: 'in', cell: 2 },
  cellType = 'code',
  language = 'python',
  readers = [],
  refusal = null
}: {
  place?: IPlace | null;
  cellType?: string;
  language?: string;
  /** What reads the text, each time it is looked at; then the language. */
  readers?: string[];
  refusal?: Error | null;
} = {}): {
  inserter: Inserter;
  asked: SnippetRequest[];
  put: Snippet[];
  heard: string[];
  noted: unknown[];
} {
  const [asked, put, heard, noted]: [
    SnippetRequest[],
    Snippet[],
    string[],
    unknown[]
  ] = [[], [], [], []];
  const point = {
    notebook: { content: {} },
    readOnly: false,
    cellType,
    language,
    look: (given: string) => ({
      cell: null,
      language: readers.shift() ?? given,
      place: 'expression',
      taken: ['a_url'],
      imported: true
    }),
    insert: (snippet: Snippet) => {
      put.push(snippet);
      return place;
    }
  };
  const model = {
    notices: {
      say: (text: string) => heard.push(text),
      failed: (error: Error) => heard.push(error.message)
    },
    noteLink: (id: string, { valid_until }: PresignedURL) =>
      noted.push([id, valid_until]),
    client: {
      signArtifact: async () => ({ valid_until: UNTIL, checked: true }),
      writeSnippet: async (request: SnippetRequest): Promise<Snippet> => {
        asked.push(request);
        if (refusal) {
          throw refusal;
        }
        const links =
          request.form === 'link'
            ? [{ artifact: artifact().id, valid_until: UNTIL, checked: true }]
            : [];
        const cursor = { start: 0, end: 0 };
        return {
          text: 'x',
          import: null,
          assigns: [],
          cursor,
          links,
          failed: []
        };
      }
    }
  };
  const inserter = new Inserter(
    model as unknown as ArtifactsModel,
    point as unknown as InsertionPoint,
    questions,
    trans
  );
  return { inserter, asked, put, heard, noted };
}

describe('Inserter', () => {
  it.each<[string, IPlace | null, string[]]>([
    ['into a cell', { where: 'in', cell: 2 }, ['Inserted in cell 2.']],
    ['below one', { where: 'below', cell: 3 }, ['Inserted below cell 3.']],
    ['nowhere', null, []]
  ])('says where text has gone: %s', async (_, place, said) => {
    const { inserter, put, heard } = inserterAt({ place });
    await inserter.insert([artifact()], 'uri');
    expect(put).toHaveLength(1);
    expect(heard).toEqual(said);
  });

  it('has several written as one', async () => {
    const { inserter, asked, put } = inserterAt();
    const artifacts = ['1', '2'].map(id => artifact({ id }));
    for (const kind of ['reference', 'uri', 'link'] as const) {
      await inserter.insert(artifacts, kind);
    }
    expect(asked.map(({ artifacts: ids, form }) => [ids, form])).toEqual([
      [['1', '2'], 'reference'],
      [['1', '2'], 'uri'],
      [['1', '2'], 'link']
    ]);
    expect(put).toHaveLength(3);
  });

  it('has the line written for the notebook that it goes to', async () => {
    const { inserter, asked } = inserterAt();
    await inserter.insert([artifact()], 'reference');
    expect(asked).toMatchObject([
      {
        artifacts: [artifact().id],
        form: 'reference',
        language: 'python',
        place: 'expression',
        taken: ['a_url'],
        imported: true
      }
    ]);
  });

  it('asks how long a link is to work, and notes its end', async () => {
    const { inserter, asked, noted, heard } = inserterAt();
    await inserter.insert([artifact()], 'link');
    expect(asked).toMatchObject([{ form: 'link', expires_in: 3600 }]);
    expect(noted).toEqual([[artifact().id, UNTIL]]);
    expect(heard[0]).toContain('Inserted in cell 2. The link works until');
  });

  it.each([
    ['code', 'python', 'reference', 'reference'],
    ['code', '', 'reference', 'reference'],
    ['code', 'r', 'reference', 'link'],
    ['code', 'bash', 'uri', 'uri'],
    ['markdown', 'python', 'reference', 'link'],
    ['raw', 'python', 'link', 'link']
  ] as const)(
    'in a %s cell of “%s”, %s is a %s',
    (cellType, language, kind, here) => {
      const { inserter } = inserterAt({ cellType, language });
      expect(inserter.kindHere(kind)).toBe(here);
    }
  );

  it('asks before a link goes into a Markdown cell', async () => {
    const { inserter, asked } = inserterAt({ cellType: 'markdown' });
    await inserter.insert([artifact()], 'reference');
    expect(asked).toMatchObject([{ form: 'link', language: 'markdown' }]);
  });

  it.each([
    ['at once', ['shell-line', 'shell-line', 'shell-line']],
    [
      'when the cursor moved there',
      ['python', 'shell-line', 'shell-line', 'shell-line']
    ]
  ])('asks before a link goes to a shell, %s', async (_, readers) => {
    const { inserter, asked, heard } = inserterAt({ readers });
    await inserter.insert([artifact()], 'reference');
    expect(asked).toMatchObject([
      { form: 'link', language: 'shell-line', expires_in: 3600 }
    ]);
    expect(heard[0]).toContain('The link works until');
  });

  it('has a line written anew where the cursor moved while it was written', async () => {
    // Given a cursor that is at a shell's line when the answer comes
    const readers = ['python', 'shell-line', 'shell-line'];
    const { inserter, asked, put } = inserterAt({ readers });
    // When
    await inserter.insert([artifact()], 'uri');
    // Then what is inserted was written for a shell
    expect(asked.map(({ language }) => language)).toEqual([
      'python',
      'shell-line'
    ]);
    expect(put).toHaveLength(1);
  });

  it('puts no reference where the cursor has moved to a shell while it was written', async () => {
    const python = ['python', 'python'];
    const shell = ['shell-line', 'shell-line', 'shell-line'];
    const { inserter, asked, put } = inserterAt({
      readers: [...python, ...shell]
    });
    await inserter.insert([artifact()], 'reference');
    expect(asked.map(({ form }) => form)).toEqual(['reference', 'link']);
    expect(put).toHaveLength(1);
  });

  it('offers the link in the place of a reference to a shell', () => {
    const { inserter } = inserterAt({ readers: ['shell-line'] });
    expect(inserter.kindHere('reference')).toBe('link');
  });

  it('says what the server refuses to write, and writes nothing', async () => {
    const { inserter, put, heard } = inserterAt({
      readers: ['shell-line'],
      refusal: new Error('A shell could run this name.')
    });
    await inserter.insert([artifact()], 'uri');
    expect(put).toEqual([]);
    expect(heard).toEqual(['A shell could run this name.']);
  });
});
