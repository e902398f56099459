import * as React from 'react';

import type { Artifact, Outage, Upload } from '../transport';
import { CommandIDs } from './commands';
import { type Sending, isRunning } from '../model';
import { useNow, useServices } from './context';
import type { ICellProps } from './Grid';
import { formatBytes } from '../text/format';
import type { CommandID } from './host';
import { Icon } from './Icon';
import { IconButton } from './IconButton';
import { Name } from './Name';
import { Progress } from './Progress';
import { progressOf, receivedOf, withReceived } from './rows';
import {
  describeAmount,
  describeQuiet,
  describeUpload,
  describeReused,
  describeWaiting
} from './words';
import { later } from './later';
import { useOrphaned } from './useOrphaned';

const WaitingFile = later(
  async () => (await import('./WaitingFile')).WaitingFile
);

interface IUploadRowProps extends ICellProps {
  upload: Upload;
  sending: Sending | undefined;
  /** Where to look the artifact up that an upload found in storage already. */
  artifacts: readonly Artifact[];
  /** Why the other side does not answer, and this is what was known before; null where it does. */
  outage: Outage | null;
  /** When the other side was heard last, where it does not answer. */
  heard: Date | null;
  /** When the other side was found to be restarted (ms); null where it was not. */
  restarted: number | null;
}

/** One file on its way; drawn again only when something of it changes. */
export const UploadRow = React.memo(function UploadRow({
  upload: told,
  sending,
  artifacts,
  outage,
  heard,
  restarted,
  tabIndex,
  labelId
}: IUploadRowProps): JSX.Element {
  const upload = withReceived(told, useReceived(told, sending));
  const { host, model, trans } = useServices();
  const lost = useOrphaned(upload, sending);
  const orphaned = lost === true && outage === null;
  const still =
    outage !== null ||
    lost !== false ||
    (sending !== undefined && sending.state !== 'sending');
  const quiet = useQuiet(upload);
  const run = (command: CommandID) => (): Promise<void> =>
    host.execute(command, { id: upload.id });
  const broken = sending?.state === 'broken' && upload.state === 'receiving';
  const comparing = sending?.state === 'comparing';
  const words =
    orphaned && !comparing
      ? describeWaiting(upload, trans)
      : upload.reused
        ? describeReused(upload, artifacts, trans)
        : quiet !== null && !still
          ? describeQuiet(quiet, trans)
          : describeUpload(
              lost === null ? { ...upload, speed: null } : upload,
              sending,
              trans,
              outage,
              host.line,
              restarted
            );
  return (
    <>
      <div className="jp-OpenEOArtifacts-rowHead">
        <Icon icon={host.kindOf?.(upload.name) ?? 'other'} />
        <Name text={upload.name} />
        {(upload.state === 'failed' && upload.can_retry) || broken ? (
          <IconButton
            icon="refresh"
            label={trans.__('Try %1 again', upload.name)}
            onClick={run(CommandIDs.retryUpload)}
            tabIndex={tabIndex}
          />
        ) : null}
        {sending === undefined || comparing || broken ? null : sending.state ===
          'paused' ? (
          <IconButton
            icon="play"
            label={trans.__('Resume %1', upload.name)}
            onClick={() => void model.sender.resume(upload.id)}
            tabIndex={tabIndex}
          />
        ) : (
          <IconButton
            icon="pause"
            label={trans.__('Pause %1', upload.name)}
            onClick={() => model.sender.pause(upload.id)}
            tabIndex={tabIndex}
          />
        )}
        {isRunning(upload) ? (
          <IconButton
            icon="close"
            label={trans.__('Cancel %1', upload.name)}
            onClick={run(CommandIDs.cancelUpload)}
            tabIndex={tabIndex}
          />
        ) : (
          <IconButton
            icon="close"
            label={trans.__('Dismiss %1', upload.name)}
            onClick={run(CommandIDs.forgetUpload)}
            tabIndex={tabIndex}
          />
        )}
      </div>
      {isRunning(upload) ? (
        <Progress
          label={
            host.line === 'server'
              ? upload.name
              : trans.__('Progress of %1', upload.name)
          }
          words={words}
          stored={progressOf(upload)}
          received={receivedOf(upload)}
        />
      ) : null}
      <div className="jp-OpenEOArtifacts-words">
        <span title={words}>{words}</span>
        {!orphaned &&
        (upload.state === 'receiving' || upload.state === 'uploading') ? (
          <span>{describeAmount(upload, trans, still, heard)}</span>
        ) : null}
      </div>
      {upload.advice === null ? null : (
        <div className="jp-OpenEOArtifacts-words jp-mod-soon">
          {upload.advice}
        </div>
      )}
      {upload.state === 'receiving' && !(sending && !comparing) ? (
        <WaitingFile upload={upload} asks={orphaned} />
      ) : null}
      <span
        id={labelId}
        hidden
        aria-label={[
          upload.name,
          ...(upload.size === null ? [] : [formatBytes(upload.size)]),
          words
        ].join(', ')}
      />
    </>
  );
});

/** The bytes that answers have told of; the list may tell of them later, also after the last one. */
function useReceived(upload: Upload, sending: Sending | undefined): number {
  const received = React.useRef(0);
  if (upload.state === 'failed') {
    received.current = 0;
  } else if (sending?.state === 'sending') {
    received.current = sending.received ?? received.current;
  }
  return received.current;
}

/** How long storage has not answered (s), once that is longer than what is on its way to it may take. */
function useQuiet(upload: Upload): number | null {
  const { bytes_stored: stored, speed, state } = upload;
  const watched = state === 'uploading' && speed === null;
  // The last sign of life: what was stored, or that storage was to get something at all.
  const heard = React.useRef({ stored: -1, state, at: 0 });
  const now = useNow(watched ? 1000 : null).getTime();
  if (heard.current.stored !== stored || heard.current.state !== state) {
    heard.current = { stored, state, at: Date.now() };
  }
  const quiet = now - heard.current.at;
  return watched && quiet >= patienceFor(upload)
    ? Math.round(quiet / 1000)
    : null;
}

/** What storage may take for an answer (ms): 5 s, and until something is stored a home line's time for its parts. */
function patienceFor({ bytes_stored: stored, size }: Upload): number {
  return 5000 + (stored > 0 ? 0 : Math.min(size ?? 0, AWAY) / 1000);
}

/** At most so much is on its way to storage at a time (bytes). */
const AWAY = 64 * 1024 * 1024;
