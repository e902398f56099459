/** Every word that the widget shows, in one place. */

import type { IUpload, UploadState } from './protocol';
import { seconds, size, speed } from './quantities';

export const TEXT = {
  title: 'openEO artifact uploader',
  drop: 'Drop files here, or',
  dropNow: 'Drop to stage',
  choose: 'Choose…',
  chooseFiles: 'Choose files to stage',
  staging: (count: number) => `Uploading (${count})`,
  artifacts: (count: number) => `Staged files (${count})`,
  nothing:
    'You have not staged any files from this server yet. Drop a GeoParquet, a model or a zip: your job can read it a moment later.',

  cancel: 'Cancel',
  retry: 'Try again',
  dismiss: 'Dismiss',
  copyLink: 'Copy link',
  insertBelow: 'Insert below',
  of: (verb: string, name: string) => `${verb}: ${name}`,
  progressOf: (name: string) => `Progress of ${name}`,

  waitingForTurn: 'Waiting for its turn',
  opening: 'Asking the kernel',
  cancelling: 'Cancelling',
  cancelled: 'Cancelled. Nothing of it was left in storage.',
  given: 'Cancelled here.',
  folder: (name: string) =>
    `“${name}” is a folder. Zip it first, then drop the zip file.`,
  unreadable:
    'The file cannot be read any more: it was changed, moved or deleted. Drop it again.',
  restarted:
    'The kernel was restarted in the middle. Run the cell of this widget again, then drop the file once more.',
  silent: (after: number) =>
    `The kernel has not answered for ${seconds(after)}. If it is busy, this continues automatically; if it was restarted, run the cell again.`,
  unreachable:
    'There is no kernel behind this widget. Run the cell again to use it.',

  signing: 'Making a link…',
  linkLate: 'The kernel has not answered. If it is busy, try again later.',
  linkCopied: (until: string, checked: boolean) =>
    `Link copied. ${worksUntil(until, checked)}`,
  linkShown: (until: string, checked: boolean) =>
    `This browser does not let pages copy. Copy the link yourself. ${worksUntil(until, checked)}`,
  linkField: (name: string) => `Link to ${name}`,
  inserted: 'Inserted below.',
  insertFailed: 'It could not be inserted here.',
  lineCopied:
    'Nothing can be inserted from here, so the lines were copied: paste them in a cell.',
  lineShown:
    'Nothing can be inserted from here. Copy these lines into a cell yourself.',
  lineField: (name: string) => `Lines that read ${name}`,

  at: (account: string, host: string) =>
    account ? `${account} at ${host}` : host,
  sizeOnly: 'content not checked (size matches)',
  sizeOnlyMeans:
    'This storage gives no MD5s to compare with, so its size and our own mark were compared. To be sure, read it back: .verify() of the artifact compares its SHA-256.',
  tomorrow: (time: string) => `tomorrow ${time}`,
  staged: (name: string) => `${name} is staged.`,
  reused: (when: string) =>
    `Already in storage: the same file was staged at ${when}; not uploaded again.`,
  reusedSometime: 'Already in storage; not uploaded again.',
  failed: (name: string, why: string) => `${name} is not staged. ${why}`,
  reached: (name: string, percent: number) => `${name}: ${percent} %`
} as const;

/** How far an upload is, in words; `received` are the bytes that the kernel has. */
export function uploadText(upload: IUpload, received: number): string {
  const words = stateText(upload.state);
  if (upload.state !== 'receiving' && upload.state !== 'uploading') {
    return words;
  }
  if (
    upload.bytes_stored === 0 &&
    upload.size !== null &&
    received < upload.size
  ) {
    return `Going to the kernel: ${size(received)} of ${size(upload.size)}`;
  }
  if (upload.awaits_confirmation) {
    return 'Looking at the file once more';
  }
  const parts = [amount(upload)];
  if (upload.speed) {
    parts.push(speed(upload.speed));
    if (upload.seconds_left !== null) {
      parts.push(`${seconds(upload.seconds_left)} left`);
    }
  }
  return parts.join(' · ');
}

function amount(upload: IUpload): string {
  const stored = size(upload.bytes_stored);
  return upload.size === null ? stored : `${stored} of ${size(upload.size)}`;
}

function stateText(state: UploadState): string {
  switch (state) {
    case 'queued':
      return TEXT.waitingForTurn;
    case 'receiving':
    case 'uploading':
      return '';
    case 'verifying':
      return 'Checking what was stored';
    case 'paused':
      return 'Waiting to go on';
    case 'staged':
      return 'Staged';
    case 'failed':
      return 'Not staged';
    case 'cancelled':
      return TEXT.cancelled;
  }
}

function worksUntil(until: string, checked: boolean): string {
  return checked
    ? `It works until ${until} for anyone who has it.`
    : `Its file could not be checked; if it is there, the link works until ${until} for anyone who has it.`;
}
