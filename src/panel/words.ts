import type { TranslationBundle } from '@jupyterlab/translation';

import type { Artifact, Job } from '../api';
import {
  formatBytes,
  formatSeconds,
  formatSpeed,
  formatUntil
} from '../format';
import { type Sending, isRunning, sentence, unreachable } from '../model';

/** Names longer than this are shortened within a sentence (characters). */
const LONG = 48;

/**
 * A job's state in words: whose move it is, or how fast it goes; `lost` where the server does not
 * answer and the job is shown as it was known last.
 */
export function describeJob(
  job: Job,
  sending: Sending | undefined,
  trans: TranslationBundle,
  lost = false
): string {
  if (lost && isRunning(job) && sending?.state !== 'queued') {
    return trans.__('Jupyter does not answer, trying again');
  }
  switch (job.state) {
    case 'queued':
      return trans.__('Waiting for its turn');
    case 'receiving':
      return describeReceiving(job, sending, trans);
    case 'uploading':
      return job.speed === null
        ? trans.__('Going to storage')
        : formatSpeed(job.speed);
    case 'verifying':
      return trans.__('Checking what was stored');
    case 'staged':
      return trans.__('Staged');
    case 'paused':
      return describeProblem(job) ?? trans.__('Paused');
    case 'failed':
      return describeProblem(job) ?? trans.__('It failed');
    case 'cancelled':
      return trans.__('Cancelled');
    default:
      return unreachable(job.state);
  }
}

/** What a job did that found its file in storage already. */
export function describeReused(
  job: Job,
  artifacts: readonly Artifact[],
  trans: TranslationBundle
): string {
  const found = artifacts.find(({ id }) => id === job.artifact);
  return found
    ? trans.__(
        'Already in storage: the same file was staged at %1; not uploaded again.',
        formatUntil(new Date(found.staged_at), trans)
      )
    : trans.__('Already in storage; not uploaded again.');
}

/** How it is known that an artifact is whole, where that is less than usual. */
export function describeCheck(
  artifact: Artifact,
  trans: TranslationBundle
): { words: string; meaning: string } | null {
  if (artifact.verified !== 'size') {
    return null;
  }
  return {
    words: trans.__('Content not checked (size matches)'),
    meaning: trans.__(
      'This storage gives no MD5s to compare with, so its size and our own mark were compared. To be sure, read it back: “jupyter openeo-artifacts verify” compares its SHA-256.'
    )
  };
}

/** Why a job stands still; its own long name in it does not hide the reason. */
function describeProblem(job: Job): string | null {
  return job.problem
    ? sentence(job.problem).split(job.name).join(shorten(job.name))
    : null;
}

/** A name with its middle left out where it is long; both ends tell names apart. */
export function shorten(name: string): string {
  const characters = Array.from(name);
  return characters.length <= LONG
    ? name
    : [
        ...characters.slice(0, LONG / 2),
        '…',
        ...characters.slice(-LONG / 4)
      ].join('');
}

function describeReceiving(
  job: Job,
  sending: Sending | undefined,
  trans: TranslationBundle
): string {
  if (job.awaits_confirmation && sending?.state !== 'waiting') {
    return trans.__('Looking at the file once more');
  }
  switch (sending?.state) {
    case 'queued':
      return trans.__('Waiting for its turn');
    case 'waiting':
      return trans.__('Jupyter does not answer, trying again');
    case 'broken':
      return trans.__('Sending stopped: %1', sending.message);
    case 'sending':
    case undefined:
      // Parts leave for storage while later bytes still arrive.
      if (job.speed !== null) {
        return formatSpeed(job.speed);
      }
      return job.origin === 'widget'
        ? trans.__('Receiving from the notebook')
        : trans.__('Receiving from your browser');
  }
}

/** Bytes done, of how many, and the time that is left where bytes move. */
export function describeAmount(
  job: Job,
  trans: TranslationBundle,
  still = false
): string {
  const done =
    job.state === 'receiving' ? job.bytes_received : job.bytes_stored;
  const amount =
    job.size === null
      ? formatBytes(done)
      : trans.__('%1 of %2', formatBytes(done), formatBytes(job.size));
  const moving = job.state === 'receiving' || job.state === 'uploading';
  return moving && !still && job.seconds_left !== null
    ? trans.__('%1 · %2 left', amount, formatSeconds(job.seconds_left))
    : amount;
}
