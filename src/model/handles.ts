/** What a browser gives beside a file, so that it can be opened again (Chromium alone does). */
type Handle = Promise<FileSystemFileHandle | null>;

const HANDLES = new WeakMap<File, Handle>();

/** Note the handle of a file that was dropped or chosen. */
export function noteHandle(
  file: File,
  handle: FileSystemFileHandle | Promise<FileSystemHandle | null>
): void {
  const found = Promise.resolve(handle)
    .then(each => (each instanceof FileSystemFileHandle ? each : null))
    .catch(() => null);
  HANDLES.set(file, found);
}

/** The handle of a file; null where there is none. */
export function handleOf(file: File): Handle {
  return HANDLES.get(file) ?? Promise.resolve(null);
}

/** What TypeScript's own library does not have of https://wicg.github.io/file-system-access. */
interface IPermission {
  requestPermission?(mode: { mode: 'read' }): Promise<PermissionState>;
}

/**
 * Open a file again, after the person has allowed it; within an event of theirs, for browsers ask then.
 *
 * Null where they do not, or it is gone.
 */
export async function reopen(
  handle: FileSystemFileHandle
): Promise<File | null> {
  try {
    const asked = (handle as IPermission).requestPermission?.({ mode: 'read' });
    if ((await asked) === 'denied') {
      return null;
    }
    const file = await handle.getFile();
    noteHandle(file, handle);
    return file;
  } catch {
    return null;
  }
}

type Picker = (options: {
  multiple: boolean;
}) => Promise<readonly FileSystemFileHandle[]>;

/** Ask for one file; null where none was chosen. */
export async function pickFile(): Promise<File | null | 'no picker'> {
  const files = await pickFiles(false);
  return files === null ? 'no picker' : (files[0] ?? null);
}

/** Ask for files in a way that gives their handles; null where the browser has none. */
export async function pickFiles(
  multiple = true
): Promise<readonly File[] | null> {
  const { showOpenFilePicker: pick } = globalThis as {
    showOpenFilePicker?: Picker;
  };
  if (!pick) {
    return null;
  }
  try {
    const handles = await pick({ multiple });
    return await Promise.all(
      handles.map(async handle => {
        const file = await handle.getFile();
        noteHandle(file, handle);
        return file;
      })
    );
  } catch (error) {
    // Frames of other origins may not; who closes the window chooses nothing.
    return error instanceof Error && error.name === 'AbortError' ? [] : null;
  }
}
