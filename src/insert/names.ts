import type { Artifact, Snippet, SnippetRequest } from '../transport';

/** Most names that are told; the server takes no more. */
const MOST = 5000;

/** A line of more characters is data. */
const LONGEST_LINE = 1000;

/** What a new line has to know of the notebook that it goes to. */
export interface INotebookNames {
  /** Identifiers in its code cells; words of strings and comments among them do no harm. */
  readonly taken: string[];
  /** A cell has the import of a reference already. */
  readonly imported: boolean;
}

/**
 * Read what code cells use.
 *
 * @param cells the sources of all code cells
 * @param above those that have run when the new line runs: of its own cell and of cells above it
 */
export function namesIn(
  cells: readonly string[],
  above: readonly string[]
): INotebookNames {
  const taken = new Set<string>();
  for (const cell of cells) {
    for (const line of cell.split('\n')) {
      if (line.length <= LONGEST_LINE) {
        // ASCII is enough: the names that are made have nothing else.
        line.match(/[A-Za-z_]\w{0,63}/g)?.forEach(name => taken.add(name));
      }
    }
  }
  return {
    taken: [...taken].slice(0, MOST),
    imported: above.some(importsReference)
  };
}

function importsReference(source: string): boolean {
  const imports =
    /^from\s+jupyter_openeo_artifacts\s+import\s+(\([^)]*\)|[^\n]*)/gm;
  return [...source.matchAll(imports)].some(([, names]) =>
    /\bpresigned_url\b(?!\s+as\b)/.test(names!.replace(/#.*/g, ''))
  );
}

/** What may be said of a line beside its artifact and form. */
export interface IRequestOptions extends Partial<INotebookNames> {
  readonly language?: string;
  readonly place?: SnippetRequest['place'];
  /** How long a link is to work (s); null: as long as it can. */
  readonly expiresIn?: number | null;
}

/** The request for the text of artifacts, in Python if nothing else is said. */
export function requestFor(
  artifacts: readonly Pick<Artifact, 'id'>[],
  form: SnippetRequest['form'],
  {
    language = 'python',
    place = 'statement',
    taken = [],
    imported = false,
    expiresIn = null
  }: IRequestOptions = {}
): SnippetRequest {
  return {
    artifacts: artifacts.map(({ id }) => id),
    form,
    language,
    place,
    taken,
    imported,
    skip: false,
    utc_offset: -new Date().getTimezoneOffset(),
    ...(expiresIn === null ? {} : { expires_in: expiresIn })
  };
}

/** The whole text of a snippet for a cell of its own. */
export function wholeText(snippet: Snippet): string {
  return snippet.import === null
    ? snippet.text
    : `${snippet.import}\n${snippet.text}`;
}
