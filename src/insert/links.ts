import type { Artifact, Snippet, SnippetRequest } from '../transport';
import { copyText } from '../text/clipboard';
import { formatUntil } from '../text/format';
import type { ITranslator } from '../text/translator';
import { type ArtifactsModel, sentence } from '../model';
import { requestFor, wholeText } from './names';
import type { IQuestions } from './questions';

/** The forms in which several links are copied. */
export type LinkForm = 'lines' | 'dict' | 'csv';

/** So many links are made at a time; the engine takes no more. */
export const MOST = 100;

/** What each form is written in. */
const LANGUAGES: Readonly<Record<LinkForm, SnippetRequest['language']>> = {
  lines: 'raw',
  dict: 'python',
  csv: 'csv'
};

/** Copies links to several artifacts, each made now, and says which could not be made. */
export async function copyLinks(
  artifacts: readonly Artifact[],
  form: LinkForm,
  model: ArtifactsModel,
  questions: Pick<IQuestions, 'showToCopy'>,
  trans: ITranslator
): Promise<void> {
  const { client, notices } = model;
  const written = client.writeSnippet({
    ...requestFor(artifacts, 'link', { language: LANGUAGES[form] }),
    skip: true
  });
  const text = written.then(wholeText);
  if (!(await copyText(text))) {
    await questions.showToCopy(await text, trans);
  }
  const snippet = await written;
  const { failed, links } = snippet;
  for (const link of links) {
    model.noteLink(link.artifact, link);
  }
  const said = describeLinks(snippet, trans);
  if (failed.length === 0) {
    notices.say(said);
  } else {
    notices.fail([said, ...describeFailed(failed, artifacts, trans)].join(' '));
  }
}

function describeLinks({ failed, links }: Snippet, trans: ITranslator): string {
  const all = links.length + failed.length;
  const count =
    failed.length > 0
      ? trans.__('%1 of %2 links copied.', links.length, all)
      : trans.__('%1 links copied.', all);
  const first = Math.min(...links.map(each => Date.parse(each.valid_until)));
  const until = formatUntil(new Date(first), trans);
  const works = links.every(({ checked }) => checked)
    ? trans.__('They work until %1 for anyone who has them.', until)
    : trans.__(
        'Not all files could be checked; those that are there can be read until %1 by anyone who has the links.',
        until
      );
  return `${count} ${works}`;
}

function describeFailed(
  failed: Snippet['failed'],
  artifacts: readonly Artifact[],
  trans: ITranslator
): readonly string[] {
  return failed.map(({ artifact, problem }) =>
    trans.__(
      'No link to “%1”: %2',
      artifacts.find(({ id }) => id === artifact)?.name ?? artifact,
      sentence(problem)
    )
  );
}
