import { formatBytes } from '../text/format';
import type { ITranslator } from '../text/translator';
import type { Questions } from '../model/questions';
import type { Problem } from '../transport';

/** More files than these are staged after a question only. */
const MANY = 100;

/** More bytes than these are staged after a question only. */
const LARGE = 10_000_000_000;

/** Who is asked, in which words, and who hears of what cannot be staged. */
export interface IAsking {
  readonly questions: Questions;
  readonly trans: ITranslator;
  readonly refuse: (name: string, problem: Problem) => void;
}

/** Ask once where so much is staged; false where it is not to be. */
export async function mayStage(
  files: readonly { readonly size: number }[],
  { questions, trans }: Pick<IAsking, 'questions' | 'trans'>
): Promise<boolean> {
  const { length } = files;
  const bytes = sizeOf(files);
  if (length <= MANY && bytes <= LARGE) {
    return true;
  }
  const label =
    length === 1 ? trans.__('Stage it') : trans.__('Stage %1 files', length);
  const text =
    length === 1
      ? trans.__('This file has %1.', formatBytes(bytes))
      : trans.__('These are %1 files (%2).', length, formatBytes(bytes));
  return (await questions.ask(text, [[label, true]])) === true;
}

/** The bytes of files together. */
export function sizeOf(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
