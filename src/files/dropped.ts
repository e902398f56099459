import { noteHandle } from '../model';

/** What TypeScript's own library does not have of https://wicg.github.io/file-system-access. */
interface IWithHandle {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** A folder that was dropped or chosen: what leads to its files, or these themselves. */
export interface IFolder {
  readonly name: string;
  readonly entry: FileSystemDirectoryEntry | null;
  /** Each with its path from the folder on (`webkitRelativePath`). */
  readonly files: readonly File[];
}

/** What a desktop drop or a file input held. */
export interface IDropped {
  readonly files: readonly File[];
  readonly folders: readonly IFolder[];
}

/**
 * Read a drop's files and folders. Must be called within the event: a browser empties the transfer
 * afterwards.
 */
export function readDropped(transfer: DataTransfer): IDropped {
  const files: File[] = [];
  const folders: IFolder[] = [];
  for (const item of Array.from(transfer.items)) {
    if (item.kind !== 'file') {
      continue;
    }
    const file = item.getAsFile();
    const handle = (item as IWithHandle).getAsFileSystemHandle?.();
    const entry = item.webkitGetAsEntry?.();
    if (entry?.isDirectory) {
      const folder = entry as FileSystemDirectoryEntry;
      folders.push({ name: entry.name, entry: folder, files: [] });
    } else if (file) {
      if (handle) {
        noteHandle(file, handle);
      }
      files.push(file);
    }
  }
  if (files.length === 0 && folders.length === 0) {
    files.push(...Array.from(transfer.files));
  }
  return { files, folders };
}

/** Read what was chosen in a file input, and empty it: choosing the same again is a change again. */
export function readChosen(input: HTMLInputElement): IDropped {
  const files = Array.from(input.files ?? []);
  const [first] = files;
  input.value = '';
  if (!input.webkitdirectory) {
    return { files, folders: [] };
  }
  const name = first?.webkitRelativePath.split('/')[0];
  // A browser lets a person choose one folder.
  return { files: [], folders: name ? [{ name, entry: null, files }] : [] };
}

/** Whether a drag carries files from the desktop (and not a text or a link). */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer !== null && Array.from(transfer.types).includes('Files');
}
