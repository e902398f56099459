import type { Job } from '../api';
import { type LocalUpload, unreachable } from '../model';

/** How long a cancelled job is still shown (ms). */
export const FADE = 5000;

/** How long it is said that a file was in storage already (ms): a sentence to be read. */
export const STAY = 15_000;

/** A row of the staging list: not a job yet, or a job. */
export type StagingRow =
  | {
      readonly kind: 'upload';
      readonly id: string;
      readonly upload: LocalUpload;
    }
  | { readonly kind: 'job'; readonly id: string; readonly job: Job };

/**
 * The rows of the staging list: what somebody has to look at, then what is under way, then what waits.
 * A staged job has moved to the artifacts; a cancelled one, and one
 * that found its file in storage already, is shown while it is in `fading`. One whose file readers
 * will trip over stays until somebody has dismissed what is said of it.
 */
export function stagingRows(
  uploads: readonly LocalUpload[],
  jobs: readonly Job[],
  fading: ReadonlySet<string>
): readonly StagingRow[] {
  const rows: readonly StagingRow[] = [
    ...uploads.map(upload => ({
      kind: 'upload' as const,
      id: upload.key,
      upload
    })),
    ...jobs
      .filter(job => isShown(job, fading))
      .map(job => ({ kind: 'job' as const, id: job.id, job }))
  ];
  return [...rows].sort((one, other) => placeOf(one) - placeOf(other));
}

/** 0 for what is over or stands still, 1 for what is under way, 2 for what waits for its turn. */
function placeOf(row: StagingRow): number {
  const { state } = row.kind === 'upload' ? row.upload : row.job;
  switch (state) {
    case 'refused':
    case 'failed':
    case 'cancelled':
    case 'staged':
    case 'paused':
      return 0;
    case 'starting':
    case 'waiting':
    case 'receiving':
    case 'uploading':
    case 'verifying':
      return 1;
    case 'queued':
      return 2;
    default:
      return unreachable(state);
  }
}

function isShown(job: Job, fading: ReadonlySet<string>): boolean {
  switch (job.state) {
    case 'staged':
      return (job.reused && fading.has(job.id)) || job.advice !== null;
    case 'cancelled':
      return fading.has(job.id);
    case 'queued':
    case 'receiving':
    case 'uploading':
    case 'verifying':
    case 'paused':
    case 'failed':
      return true;
    default:
      return unreachable(job.state);
  }
}

/**
 * How far a job is, from 0 to 1; null while its size is not known.
 *
 * Bytes that a browser or a notebook sends travel twice, to the Jupyter server and on to storage:
 * each leg is half of the way.
 */
export function progressOf(job: Job): number | null {
  if (job.size === null) {
    return null;
  }
  if (job.state === 'staged' || job.state === 'verifying') {
    return 1;
  }
  if (job.size === 0) {
    return 0;
  }
  const twoLegs = job.origin === 'browser' || job.origin === 'widget';
  const done = twoLegs
    ? (job.bytes_received + job.bytes_stored) / 2
    : job.bytes_stored;
  return Math.min(1, Math.max(0, done / job.size));
}
