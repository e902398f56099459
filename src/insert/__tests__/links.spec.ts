import { artifact, problem } from '../../__tests__/fakeServer';
import type { ArtifactsModel } from '../../model';
import { plainTranslator } from '../../text/translator';
import type { Snippet, SnippetRequest } from '../../transport';
import { type LinkForm, copyLinks } from '../links';

// jsdom has no clipboard.
jest.mock('../../text/clipboard', () => ({ copyText: async () => false }));

const UNTIL = '2126-11-23T01:14:00.000Z';
const ARTIFACTS = ['1', '2', '3'].map(id =>
  artifact({ id, name: `${id}.tif` })
);

/** What copying links does, where some cannot be made and the browser copies nothing. */
async function copy(
  form: LinkForm,
  told: Partial<Snippet> = {}
): Promise<{
  asked: SnippetRequest[];
  shown: string[];
  said: string[];
  noted: string[];
}> {
  const seen = {
    asked: [] as SnippetRequest[],
    shown: [] as string[],
    said: [] as string[],
    noted: [] as string[]
  };
  const model = {
    notices: {
      say: (text: string) => seen.said.push(text),
      fail: (text: string) => seen.said.push(`! ${text}`)
    },
    noteLink: (id: string) => seen.noted.push(id),
    client: {
      writeSnippet: async (request: SnippetRequest): Promise<Snippet> => {
        seen.asked.push(request);
        return {
          text: 'https://…',
          import: null,
          assigns: [],
          cursor: { start: 0, end: 0 },
          links: ARTIFACTS.map(({ id }) => ({
            artifact: id,
            valid_until: UNTIL,
            checked: true
          })),
          failed: [],
          ...told
        };
      }
    }
  };
  const questions = {
    showToCopy: async (text: string) => void seen.shown.push(text)
  };
  await copyLinks(
    ARTIFACTS,
    form,
    model as unknown as ArtifactsModel,
    questions,
    plainTranslator
  );
  return seen;
}

it.each<[LinkForm, string]>([
  ['lines', 'raw'],
  ['dict', 'python'],
  ['csv', 'csv']
])('are copied as %s, all by one request', async (form, language) => {
  const { asked, noted, said, shown } = await copy(form);
  expect(asked).toMatchObject([
    { artifacts: ['1', '2', '3'], form: 'link', language, skip: true }
  ]);
  expect(shown).toEqual(['https://…']);
  expect(noted).toEqual(['1', '2', '3']);
  expect(said).toEqual([
    expect.stringMatching(/^3 links copied\. They work until /)
  ]);
});

it('are told of by name where they could not be made', async () => {
  const { said } = await copy('lines', {
    links: [{ artifact: '1', valid_until: UNTIL, checked: false }],
    failed: ['2', '3'].map(id => ({
      artifact: id,
      problem: problem({ message: 'It is gone.', todo: '' })
    }))
  });
  expect(said).toEqual([
    expect.stringMatching(
      /^! 1 of 3 links copied\. Not all .* No link to “2\.tif”: It is gone\. No link to “3\.tif”: It is gone\.$/
    )
  ]);
});
