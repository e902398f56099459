import type { Artifact, Outage, Upload } from '../transport';
import {
  formatBytes,
  formatClock,
  formatSeconds,
  formatSpeed,
  formatUntil
} from '../text/format';
import { type Sending, isRunning, sentence, unreachable } from '../model';
import type { ITranslator } from '../text/translator';

/** Names longer than this are shortened within a sentence (characters). */
const LONG = 48;

/** What is at the other end of the line: a Jupyter server, or a kernel. */
export type Line = 'server' | 'kernel';

/** Said of a file whose other side does not answer. */
export function describeLost(
  line: Line,
  trans: ITranslator,
  outage: Outage | null = null
): string {
  switch (line) {
    case 'server':
      return trans.__('Jupyter does not answer, trying again');
    case 'kernel':
      if (outage === 'stopped') {
        return trans.__('The kernel was restarted or shut down.');
      }
      return trans.__(
        'The kernel has not answered for a while. If it is busy, this continues automatically; if it was restarted, run the cell again.'
      );
  }
}

/**
 * An upload's state in words: whose move it is, or how fast it goes; `outage` where the other side
 * does not answer and the upload is shown as it was known last.
 */
export function describeUpload(
  upload: Upload,
  sending: Sending | undefined,
  trans: ITranslator,
  outage: Outage | null = null,
  line: Line = 'server',
  restarted: number | null = null
): string {
  if (outage !== null && isRunning(upload) && sending?.state !== 'queued') {
    return describeLost(line, trans, outage);
  }
  if (goesOn(upload, sending, restarted)) {
    return trans.__('Jupyter was restarted; going on');
  }
  switch (upload.state) {
    case 'queued':
      return trans.__('Waiting for its turn');
    case 'receiving':
      return describeReceiving(upload, sending, trans, line);
    case 'uploading':
      return upload.speed === null
        ? trans.__('Going to storage')
        : formatSpeed(upload.speed);
    case 'verifying':
      return trans.__('Checking what was stored');
    case 'staged':
      return trans.__('Staged');
    case 'paused':
      return describeProblem(upload) ?? trans.__('Paused');
    case 'failed':
      return describeProblem(upload) ?? trans.__('It failed');
    case 'cancelled':
      return trans.__('Cancelled');
    default:
      return unreachable(upload.state);
  }
}

/** Whether an upload is of before the server's restart, and nothing of it has moved since. */
function goesOn(
  { created_at, speed, state }: Upload,
  sending: Sending | undefined,
  restarted: number | null
): boolean {
  const sent = sending === undefined || sending.state === 'sending';
  return (
    restarted !== null &&
    new Date(created_at).getTime() < restarted &&
    (state === 'queued' ||
      ((state === 'receiving' || state === 'uploading') &&
        speed === null &&
        sent))
  );
}

/** What an upload did that found its file in storage already. */
export function describeReused(
  upload: Upload,
  artifacts: readonly Artifact[],
  trans: ITranslator
): string {
  const found = artifacts.find(({ id }) => id === upload.artifact);
  return found
    ? trans.__(
        'Already in storage: the same file was staged at %1; not uploaded again.',
        formatUntil(new Date(found.staged_at), trans)
      )
    : trans.__('Already in storage; not uploaded again.');
}

/** A link that ends sooner than this is told apart (ms). */
const SOON = 3_600_000;

/** When the last link to an artifact ends, as far as it is known. */
export interface ILinkEnd {
  readonly state: 'valid' | 'soon' | 'over';
  /** (ms) */
  readonly until: number;
}

/** When the last link to an artifact ends: one that was made here, or on this machine. */
export function linkEndOf(
  { link_until }: Artifact,
  made: Date | undefined,
  now: Date
): ILinkEnd | null {
  const until = made?.getTime() ?? (link_until ? Date.parse(link_until) : NaN);
  const left = until - now.getTime();
  return Number.isNaN(until)
    ? null
    : { until, state: left > SOON ? 'valid' : left > 0 ? 'soon' : 'over' };
}

/** That end in words. */
export function describeLinkEnd(
  { state, until }: ILinkEnd,
  trans: ITranslator
): string {
  return state === 'over'
    ? trans.__('the last link has expired')
    : trans.__('link valid until %1', formatUntil(new Date(until), trans));
}

/** How it is known that an artifact is whole, where that is less than usual. */
export function describeCheck(
  artifact: Artifact,
  trans: ITranslator
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

/** Why an upload stands still; its own long name in it does not hide the reason. */
function describeProblem(upload: Upload): string | null {
  return upload.problem
    ? sentence(upload.problem).split(upload.name).join(shorten(upload.name))
    : null;
}

/** A name with its middle left out where it is long; both ends tell names apart. */
export function shorten(name: string, longest = LONG): string {
  const characters = Array.from(name);
  return characters.length <= longest
    ? name
    : [
        ...characters.slice(0, longest / 2),
        '…',
        ...characters.slice(-longest / 4)
      ].join('');
}

function describeReceiving(
  upload: Upload,
  sending: Sending | undefined,
  trans: ITranslator,
  line: Line
): string {
  if (
    upload.awaits_confirmation &&
    sending?.state !== 'waiting' &&
    sending?.state !== 'paused' &&
    sending?.state !== 'comparing'
  ) {
    return trans.__('Looking at the file once more');
  }
  switch (sending?.state) {
    case 'queued':
      return trans.__('Waiting for its turn');
    case 'waiting':
      return describeLost(line, trans);
    case 'paused':
      return trans.__('Paused');
    case 'comparing':
      return trans.__('Looking whether it is the same file');
    case 'broken':
      return trans.__('Sending stopped: %1', sending.message);
    case 'sending':
    case undefined:
      // Parts leave for storage while later bytes still arrive.
      if (upload.speed !== null) {
        return formatSpeed(upload.speed);
      }
      return upload.origin === 'widget'
        ? trans.__('Receiving from the notebook')
        : trans.__('Receiving from your browser');
  }
}

/** Said of an upload whose file this page has lost: what to do, and how much need not be sent again. */
export function describeWaiting(upload: Upload, trans: ITranslator): string {
  return trans.__(
    'Drop %1 again to go on (%2 of %3 there)',
    shorten(upload.name),
    formatBytes(upload.bytes_received),
    formatBytes(upload.size ?? 0)
  );
}

/** Said of a storage that does not answer. */
export function describeQuiet(seconds: number, trans: ITranslator): string {
  return trans.__('Storage has not answered for %1 s, trying again', seconds);
}

/** When the other side was heard last. */
export function describeHeard(heard: Date, trans: ITranslator): string {
  return trans.__('last heard at %1', formatClock(heard));
}

/** Bytes in storage, of how many, and the time that is left where bytes move. */
export function describeAmount(
  upload: Upload,
  trans: ITranslator,
  still = false,
  heard: Date | null = null
): string {
  const { bytes_stored: stored, size } = upload;
  const amount =
    size === null
      ? formatBytes(stored)
      : trans.__('%1 of %2', formatBytes(stored), formatBytes(size));
  if (heard) {
    return `${amount} · ${describeHeard(heard, trans)}`;
  }
  const moving = upload.state === 'receiving' || upload.state === 'uploading';
  return moving && !still && upload.seconds_left !== null
    ? trans.__('%1 · %2 left', amount, formatSeconds(upload.seconds_left))
    : amount;
}
