import type { Upload } from '../transport';

/** Where the times are kept by upload id: of this tab, and until it is closed. */
const KEY = 'jupyter-openeo-artifacts:sent';

/** So many are kept, the newest ones. */
const KEPT = 500;

/** What of a file tells that it is the same one after a reload. */
type Told = Pick<File, 'name' | 'size' | 'lastModified'>;

/**
 * Remembers when the files were last modified that this tab has sent, so that one that is dropped again
 * after a reload is known. Nothing else of them is kept: name and size are the server's.
 */
export class SentFiles {
  note(upload: string, { lastModified }: Told): void {
    const times = [...read().filter(([id]) => id !== upload)];
    times.push([upload, lastModified]);
    try {
      sessionStorage.setItem(KEY, JSON.stringify(times.slice(-KEPT)));
    } catch {
      // A page in some frames may keep nothing; the file is a new one then.
    }
  }

  /** The upload that waits for a file since its page was reloaded. */
  waiting(file: Told, uploads: readonly Upload[]): Upload | undefined {
    const times = new Map(read());
    return uploads.find(
      ({ id, name, size, state }) =>
        state === 'receiving' &&
        name === file.name &&
        size === file.size &&
        times.get(id) === file.lastModified
    );
  }
}

function read(): readonly [string, number][] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? (kept as [string, number][]) : [];
  } catch {
    return [];
  }
}
