import { type ArtifactsClient, FileDigest, type Upload } from '../transport';
import type { FilesAtHand } from './filesAtHand';
import type { IKeptFile } from './keptFiles';
import type { SendingRows } from './sendingRows';

/** Goes on with uploads whose file this page did not have: since a reload, or from a closed one. */
export class Resumer {
  constructor(
    private readonly _rows: SendingRows,
    private readonly _files: FilesAtHand,
    private readonly _resume: (upload: string) => void
  ) {}

  /**
   * Go on with an upload by a file; false, and nothing is sent, where it is another one, or where
   * `unlessElsewhere` another tab has the file.
   */
  async goOn(
    upload: Upload,
    file: File,
    client: Pick<ArtifactsClient, 'getReceivedDigest'>,
    unlessElsewhere: boolean
  ): Promise<boolean> {
    const { id } = upload;
    this._rows.putSending(id, { state: 'comparing' });
    let right = false;
    try {
      const kept = await this._files.kept.get(id);
      const free = !unlessElsewhere || !(await this._files.isAnywhere(id));
      right = free && (await isFileOf(file, upload, kept, client));
    } finally {
      const { sending } = this._rows.state;
      if (sending.get(id)?.state !== 'comparing') {
        right = true; // cancelled meanwhile: nobody asks about it any more
      } else if (right) {
        this._files.set(id, file);
        this._resume(id);
      } else {
        this._rows.dropSending(id);
      }
    }
    return right;
  }
}

/**
 * Whether a file is the one that the first bytes of an upload are from: its name, its size, the time
 * it was written as far as that is known, and the digest of what is there.
 *
 * Rejected where the other side does not answer.
 */
export async function isFileOf(
  file: File,
  { id, name, size }: Upload,
  kept: IKeptFile | null,
  client: Pick<ArtifactsClient, 'getReceivedDigest'>
): Promise<boolean> {
  if (
    file.name !== name ||
    file.size !== size ||
    (kept !== null && kept.lastModified !== file.lastModified)
  ) {
    return false;
  }
  const { offset, digest } = await client.getReceivedDigest(id);
  if (digest === null || offset > file.size) {
    return false;
  }
  try {
    return (await FileDigest.of(file).upTo(offset)) === digest;
  } catch {
    return false; // it cannot be read
  }
}
