import type { ITranslator } from '../text/translator';

/** How long a presigned URL is asked to work. */
export type Lifetime = 'hour' | 'six_hours' | 'longest';

/** The seconds of a lifetime; null: the longest that is valid. */
export function lifetimeSeconds(lifetime: Lifetime): number | null {
  switch (lifetime) {
    case 'hour':
      return 3600;
    case 'six_hours':
      return 6 * 3600;
    case 'longest':
      return null;
  }
}

/** What to do where a line of ours cannot simply run. */
export type Instead = 'url' | 'pip' | 'reference' | 'cancel';

/** What a person is asked before something is inserted; JupyterLab's dialogs, or a test. */
export interface IQuestions {
  /** The lifetime of a URL that is to stay in a notebook; null: nothing is inserted. */
  askLifetime(
    preferred: Lifetime,
    longest: Date,
    trans: ITranslator
  ): Promise<Lifetime | null>;
  /** What to do where the kernel is Python and lacks our package. */
  askMissing(trans: ITranslator): Promise<Instead>;
  /** What to do where the kernel could not be asked: it is busy, or none is running. */
  askUnknown(reason: 'busy' | 'none', trans: ITranslator): Promise<Instead>;
  /** Show a text to copy by hand, where the browser lets no page write to the clipboard. */
  showToCopy(text: string, trans: ITranslator): Promise<void>;
}
