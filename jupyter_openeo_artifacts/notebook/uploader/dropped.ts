/** What somebody let fall: files, and the names of folders, which cannot be staged. */
export interface IDropped {
  readonly files: readonly File[];
  readonly folders: readonly string[];
}

/** Whether a drag brings files from the desktop. */
export function bringsFiles(event: DragEvent): boolean {
  return Array.from(event.dataTransfer?.types ?? []).includes('Files');
}

/** Sort a drop into files and folders; must be called within the event. */
export function dropped(event: DragEvent): IDropped {
  const files: File[] = [];
  const folders: string[] = [];
  const { dataTransfer } = event;
  for (const item of Array.from(dataTransfer?.items ?? [])) {
    const entry = item.webkitGetAsEntry?.() ?? null;
    const file = item.kind === 'file' ? item.getAsFile() : null;
    if (entry?.isDirectory) {
      folders.push(entry.name);
    } else if (file) {
      files.push(file);
    }
  }
  // Some drags (and all made by scripts) list files without items.
  return files.length + folders.length > 0
    ? { files, folders }
    : { files: Array.from(dataTransfer?.files ?? []), folders };
}
