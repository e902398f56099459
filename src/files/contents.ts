import type { Contents } from '@jupyterlab/services';
import type { MimeData } from '@lumino/coreutils';

import { MOST, isLeftOut } from './folder';

/** What JupyterLab's file browser drags: an array of contents paths. */
const CONTENTS_MIME = 'application/x-jupyter-icontents';

/** A path of the file browser, looked at. */
export type Selected =
  | {
      readonly state: 'file';
      readonly path: string;
      readonly name: string;
      /** Bytes; 0 where they are not known. */
      readonly size: number;
    }
  | { readonly state: 'folder'; readonly path: string; readonly name: string }
  /** Of a drive that is not the Jupyter server's own. */
  | { readonly state: 'elsewhere'; readonly name: string }
  | {
      readonly state: 'gone';
      readonly name: string;
      readonly error: unknown;
    };

/** The paths that a drag from the file browser carries; null where it carries something else. */
export function draggedPaths(mimeData: MimeData): readonly string[] | null {
  if (!mimeData.hasData(CONTENTS_MIME)) {
    return null;
  }
  const data: unknown = mimeData.getData(CONTENTS_MIME);
  return Array.isArray(data)
    ? data.filter((path): path is string => typeof path === 'string')
    : null;
}

/** Look at a path without reading its content. */
export async function lookAt(
  contents: Contents.IManager,
  path: string
): Promise<Selected> {
  const local = contents.localPath(path);
  const name = local.split('/').pop() || local;
  const drive = contents.driveName(path);
  // The collaboration drive shows the server's own files.
  if (drive !== '' && drive !== 'RTC') {
    return { state: 'elsewhere', name };
  }
  try {
    const model = await contents.get(path, { content: false });
    return model.type === 'directory'
      ? { state: 'folder', path: local, name }
      : { state: 'file', path: local, name, size: model.size ?? 0 };
  } catch (error) {
    return { state: 'gone', name, error };
  }
}

/** A file below a folder of the server, by its path below that. */
export interface IListedPath {
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** List the files of a folder and of all below; what the server hides is not among them. */
export async function listFolder(
  contents: Contents.IManager,
  path: string
): Promise<readonly IListedPath[]> {
  const found: IListedPath[] = [];
  const list = async (folder: string, before: string): Promise<void> => {
    const { content } = await contents.get(folder, { content: true });
    for (const each of content as readonly Contents.IModel[]) {
      const name = before + each.name;
      if (each.type !== 'directory' || isLeftOut(each.name)) {
        const local = contents.localPath(each.path);
        found.push({ name, path: local, size: each.size ?? 0 });
      } else if (found.length <= MOST) {
        await list(each.path, `${name}/`);
      }
    }
  };
  await list(path, '');
  return found;
}
