import { formatBytes } from '../text/format';
import type { ITranslator } from '../text/translator';
import { localProblem } from '../model/problem';
import type { IDropped, IFolder } from './dropped';
import { type IAsking, mayStage, sizeOf } from './many';
import { type IZipEntry, zipOf } from './zip';

/** More files of a folder are not listed: each takes its place in memory. */
export const MOST = 100_000;

/** How far a folder is read is told after so many bytes. */
const STEP = 32 * 1024 * 1024;

/** So many names are told of what is left out. */
const NAMES = 3;

/** What says of a folder that it is a Zarr store; these begin with a dot, and are part of it. */
const ZARR = new Set(['zarr.json', '.zgroup', '.zarray']);
const OF_ZARR = new Set([...ZARR, '.zattrs', '.zmetadata']);

/** What systems and tools leave in a folder, beside all that is hidden. */
const LEFT = new Set(['__pycache__', '__MACOSX', 'Thumbs.db', 'desktop.ini']);

/** Whether a file or folder of a folder is nothing that a person means. */
export function isLeftOut(name: string): boolean {
  return LEFT.has(name) || (name.startsWith('.') && !OF_ZARR.has(name));
}

/** The files to stage of what was dropped or chosen, as the person has answered. */
export async function filesToStage(
  { files, folders }: IDropped,
  asking: IAsking
): Promise<readonly File[]> {
  let all: readonly File[] = [];
  for (const folder of folders) {
    all = [...all, ...(await filesOf(folder, asking))];
  }
  return (await mayStage(files, asking)) ? [...all, ...files] : all;
}

/**
 * As many files: each under the folder's name and its path below. As one zip: the paths begin below
 * the folder, where a job's archive and a Zarr store's reader look for them.
 */
async function filesOf(
  folder: IFolder,
  asking: IAsking
): Promise<readonly File[]> {
  const { name } = folder;
  const answer = await askFolder(name, () => list(folder), asking);
  switch (answer?.as) {
    case undefined:
      return [];
    case 'files':
      return answer.entries.map(({ file, name: path }) =>
        named(file, `${name}/${path}`)
      );
    case 'zip':
      return zipped(name, answer.entries, asking);
  }
}

/** A file below a folder. */
export interface IListed {
  readonly name: string;
  readonly size: number;
}

/** Ask how a folder is to be staged; null where it is not to be, or cannot be, which is said. */
export async function askFolder<T extends IListed>(
  name: string,
  list: () => Promise<readonly T[]>,
  { questions, refuse, trans }: IAsking
): Promise<{
  readonly as: 'files' | 'zip';
  readonly entries: readonly T[];
} | null> {
  const refused = (code: string, message: string, todo: string): null => {
    refuse(name, localProblem(code, message, todo));
    return null;
  };
  const zipFirst = trans.__('Zip it first and stage the zip.');
  let all: readonly T[];
  try {
    all = await list();
  } catch {
    return refused(
      'folder_unreadable',
      trans.__('The folder “%1” cannot be read.', name),
      zipFirst
    );
  }
  if (all.length > MOST) {
    return refused(
      'folder_too_large',
      trans.__('The folder “%1” has more than %2 files.', name, MOST),
      zipFirst
    );
  }
  const entries = all
    .filter(entry => !entry.name.split('/').some(isLeftOut))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  if (entries.length === 0) {
    return refused(
      'folder_empty',
      trans.__('The folder “%1” has no files to stage.', name),
      ''
    );
  }
  const zip = [trans.__('Stage one zip'), 'zip'] as const;
  const files = [trans.__('Stage %1 files', entries.length), 'files'] as const;
  const as = await questions.ask<'files' | 'zip'>(
    describe(name, all, entries, trans),
    isZarr(entries) ? [zip] : [files, zip]
  );
  return as && { as, entries };
}

async function zipped(
  name: string,
  entries: readonly IZipEntry[],
  { questions, refuse, trans }: IAsking
): Promise<readonly File[]> {
  const size = formatBytes(sizeOf(entries));
  try {
    return await questions.during(async (tell, signal) => {
      let next = 0;
      const report = (read: number): void => {
        if (read >= next) {
          next = read + STEP;
          tell(
            trans.__('Reading “%1”: %2 of %3', name, formatBytes(read), size)
          );
        }
      };
      report(0);
      return zipOf(`${name}.zip`, entries, signal, report).then(
        zip => [zip],
        error => {
          if (signal.aborted) {
            return [];
          }
          throw error;
        }
      );
    });
  } catch {
    refuse(
      name,
      localProblem(
        'file_changed',
        trans.__('A file of “%1” changed while it was read.', name),
        trans.__('Wait until nothing writes to it, then stage it again.')
      )
    );
    return [];
  }
}

function describe(
  name: string,
  all: readonly IListed[],
  entries: readonly IListed[],
  trans: ITranslator
): string {
  const size = formatBytes(sizeOf(entries));
  const { length } = entries;
  const text = isZarr(entries)
    ? trans.__(
        '“%1” is a Zarr store (%2 files, %3). Jobs can read it as one zip (zarr.storage.ZipStore), and not as single files.',
        name,
        length,
        size
      )
    : trans.__('“%1” is a folder (%2 files, %3).', name, length, size);
  const left = [
    ...new Set(all.flatMap(entry => entry.name.split('/').filter(isLeftOut)))
  ];
  return left.length === 0
    ? text
    : trans.__(
        '%1 Left out: %2.',
        text,
        [...left.slice(0, NAMES), ...(left.length > NAMES ? ['…'] : [])].join(
          ', '
        )
      );
}

function isZarr(entries: readonly IListed[]): boolean {
  return entries.some(({ name }) => ZARR.has(name));
}

/** Give a file another name, and leave it the file that it is: a copy would be read by a detour. */
function named(file: File, name: string): File {
  return Object.defineProperty(file, 'name', { value: name });
}

/** List the files of a folder, each under its path below it. */
async function list({ entry, files }: IFolder): Promise<readonly IZipEntry[]> {
  const found = files.map(file => ({
    name: file.webkitRelativePath.split('/').slice(1).join('/'),
    file,
    size: file.size
  }));
  if (entry) {
    await walk(entry, '', found);
  }
  return found;
}

async function walk(
  folder: FileSystemDirectoryEntry,
  before: string,
  found: IZipEntry[]
): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    // A browser tells a hundred at a time, and none at the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (entries.length === 0 || found.length > MOST) {
      return;
    }
    for (const entry of entries) {
      const name = before + entry.name;
      if (entry.isFile) {
        const file = await new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject)
        );
        found.push({ name, file, size: file.size });
      } else if (isLeftOut(entry.name)) {
        found.push({ name, file: new File([], ''), size: 0 }); // to be told
      } else {
        await walk(entry as FileSystemDirectoryEntry, `${name}/`, found);
      }
    }
  }
}
