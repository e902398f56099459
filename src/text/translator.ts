/** Where all words come from: JupyterLab's translator for this extension, or a plain one. */
export interface ITranslator {
  /** A text in the person's language, with `%1`, `%2` … replaced by the arguments. */
  __(text: string, ...args: unknown[]): string;
}

/** What a catalogue of `locale/` has, in Jed's form; its head is under no text of ours. */
export type Catalogue = Readonly<Record<string, readonly string[]>>;

/** A translator for where JupyterLab's is not; a text that the catalogue lacks stays as it is written. */
export function translatorOf(catalogue: Catalogue): ITranslator {
  return {
    __: (text, ...args) =>
      (catalogue[text]?.[0] ?? text).replace(
        /%(\d+)/g,
        (found, index: string) => String(args[Number(index) - 1] ?? found)
      )
  };
}

/** English, as it is written in the sources. */
export const plainTranslator = translatorOf({});
