import type { Upload } from '../transport';
import { type QueuedFile, unreachable } from '../model';

/** How long a cancelled upload is still shown (ms). */
export const FADE = 5000;

/** How long it is said that a file was in storage already (ms): a sentence to be read. */
export const STAY = 15_000;

/** A row of the staging list: not an upload yet, or an upload. */
export type StagingRow =
  | {
      readonly kind: 'queued';
      readonly id: string;
      readonly file: QueuedFile;
    }
  | { readonly kind: 'upload'; readonly id: string; readonly upload: Upload };

/**
 * The rows of the staging list: what is under way, then what waits, what failed, and what is over.
 * A staged upload has moved to the artifacts; a cancelled one, and one
 * that found its file in storage already, is shown while it is in `fading`. One whose file readers
 * will trip over stays until somebody has dismissed what is said of it.
 */
export function stagingRows(
  queuedFiles: readonly QueuedFile[],
  uploads: readonly Upload[],
  fading: ReadonlySet<string>
): readonly StagingRow[] {
  const rows: readonly StagingRow[] = [
    ...queuedFiles.map(file => ({
      kind: 'queued' as const,
      id: file.key,
      file
    })),
    ...uploads
      .filter(upload => isShown(upload, fading))
      .map(upload => ({ kind: 'upload' as const, id: upload.id, upload }))
  ];
  return [...rows].sort((one, other) => placeOf(one) - placeOf(other));
}

/** How many of the rows are still to come to an end by themselves. */
export function countUnderWay(rows: readonly StagingRow[]): number {
  return rows.filter(row => placeOf(row) <= WAITS).length;
}

/** The place of what waits for its turn, or for a person to sign in. */
const WAITS = 1;

/** 0 for what is under way, then what waits, 2 for what failed, 3 for what is over. */
function placeOf(row: StagingRow): number {
  const { state } = row.kind === 'queued' ? row.file : row.upload;
  switch (state) {
    case 'starting':
    case 'waiting':
    case 'receiving':
    case 'uploading':
    case 'verifying':
    case 'paused':
      return 0;
    case 'queued':
    case 'signed_out':
      return WAITS;
    case 'refused':
    case 'failed':
      return 2;
    case 'cancelled':
    case 'staged':
      return 3;
    default:
      return unreachable(state);
  }
}

function isShown(upload: Upload, fading: ReadonlySet<string>): boolean {
  switch (upload.state) {
    case 'staged':
      return (upload.reused && fading.has(upload.id)) || upload.advice !== null;
    case 'cancelled':
      return fading.has(upload.id);
    case 'queued':
    case 'receiving':
    case 'uploading':
    case 'verifying':
    case 'paused':
    case 'failed':
      return true;
    default:
      return unreachable(upload.state);
  }
}

/** An upload with the bytes that are known to have arrived since it was told of last. */
export function withReceived(upload: Upload, received: number): Upload {
  return received > upload.bytes_received
    ? { ...upload, bytes_received: received }
    : upload;
}

/**
 * How far an upload is, from 0 to 1; null while its size is not known.
 *
 * Bytes that a browser or a notebook sends travel twice, to the Jupyter server and on to storage:
 * each leg is half of the way.
 */
export function progressOf(upload: Upload): number | null {
  if (upload.size === null) {
    return null;
  }
  if (upload.state === 'staged' || upload.state === 'verifying') {
    return 1;
  }
  if (upload.size === 0) {
    return 0;
  }
  const twoLegs = upload.origin === 'browser' || upload.origin === 'widget';
  const done = twoLegs
    ? (upload.bytes_received + upload.bytes_stored) / 2
    : upload.bytes_stored;
  return Math.min(1, Math.max(0, done / upload.size));
}
