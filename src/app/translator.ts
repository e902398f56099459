/** Where all words come from: JupyterLab's translator for this extension, or a plain one. */
export interface ITranslator {
  /** A text in the person's language, with `%1`, `%2` … replaced by the arguments. */
  __(text: string, ...args: unknown[]): string;
}

/** English, as it is written in the sources. */
export const plainTranslator: ITranslator = {
  __: (text, ...args) =>
    text.replace(/%(\d+)/g, (found, index: string) => {
      const value = args[Number(index) - 1];
      return value === undefined ? found : String(value);
    })
};
