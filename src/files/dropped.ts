import { noteHandle } from '../model';

/** What TypeScript's own library does not have of https://wicg.github.io/file-system-access. */
interface IWithHandle {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** What a desktop drop or a file input held. */
export interface IDropped {
  readonly files: readonly File[];
  /** Names of folders, which cannot be staged. */
  readonly folders: readonly string[];
}

/**
 * Read a drop's files and folders. Must be called within the event: a browser empties the transfer
 * afterwards.
 */
export function readDropped(transfer: DataTransfer): IDropped {
  const files: File[] = [];
  const folders: string[] = [];
  for (const item of Array.from(transfer.items)) {
    if (item.kind !== 'file') {
      continue;
    }
    const file = item.getAsFile();
    const handle = (item as IWithHandle).getAsFileSystemHandle?.();
    const entry = item.webkitGetAsEntry?.();
    if (entry?.isDirectory) {
      folders.push(entry.name);
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

/** Whether a drag carries files from the desktop (and not a text or a link). */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer !== null && Array.from(transfer.types).includes('Files');
}
