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

/** The share of an upload that is in storage, from 0 to 1; null while its size is not known. */
export function progressOf(upload: Upload): number | null {
  if (upload.size === null) {
    return null;
  }
  return upload.state === 'staged' || upload.state === 'verifying'
    ? 1
    : shareOf(upload.bytes_stored, upload.size);
}

/** The share of an upload that has been received, from 0 to 1. */
export function receivedOf(upload: Upload): number {
  return shareOf(receivedBytes(upload), upload.size ?? 0);
}

/** What the other side has of an upload; what it reads itself, it has once that is stored. */
export function receivedBytes(upload: Upload): number {
  return upload.origin === 'browser' || upload.origin === 'widget'
    ? Math.max(upload.bytes_received, upload.bytes_stored)
    : upload.bytes_stored;
}

export function shareOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}

/** More files than these are shown as one row while they wait. */
const FEW = 5;

/** The rows in three parts; what waits is apart where it is many. */
export function splitRows(
  rows: readonly StagingRow[]
): readonly [
  before: readonly StagingRow[],
  waiting: readonly StagingRow[],
  after: readonly StagingRow[]
] {
  const waits = rows.filter(isWaiting);
  if (waits.length <= FEW) {
    return [rows, [], []];
  }
  return [
    rows.filter(row => placeOf(row) < WAITS),
    waits,
    rows.filter(row => placeOf(row) >= WAITS && !isWaiting(row))
  ];
}

function isWaiting(row: StagingRow): boolean {
  return (row.kind === 'queued' ? row.file : row.upload).state === 'queued';
}
