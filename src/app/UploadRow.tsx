import * as React from 'react';

import type { Artifact, Outage, Upload } from '../transport';
import { CommandIDs } from './commands';
import { type Sending, isRunning } from '../model';
import { useNow, useServices } from './context';
import type { CommandID } from './host';
import { IconButton } from './IconButton';
import { formatBytes, visible } from './format';
import { Name } from './Name';
import { Progress } from './Progress';
import { progressOf, receivedOf, withReceived } from './rows';
import type { IRowProps } from './useRoving';
import {
  describeAmount,
  describeQuiet,
  describeUpload,
  describeReused
} from './words';

/** How long a receiving upload may stand still before its file is asked for again (ms). */
const STILL = 10_000;

interface IUploadRowProps {
  upload: Upload;
  sending: Sending | undefined;
  /** Where to look the artifact up that an upload found in storage already. */
  artifacts: readonly Artifact[];
  /** Why the other side does not answer, and this is what was known before; null where it does. */
  outage: Outage | null;
  /** When the other side was heard last, where it does not answer. */
  heard: Date | null;
  rowProps: IRowProps;
}

/** One file on its way; drawn again only when something of it changes. */
export const UploadRow = React.memo(function UploadRow({
  upload: told,
  sending,
  artifacts,
  outage,
  heard,
  rowProps
}: IUploadRowProps): JSX.Element {
  const upload = withReceived(told, useReceived(told, sending));
  const { host, model, trans } = useServices();
  const orphaned = useOrphaned(upload, sending) && outage === null;
  const still =
    outage !== null ||
    orphaned ||
    (sending !== undefined && sending.state !== 'sending');
  const quiet = useQuiet(upload);
  const run = (command: CommandID) => (): Promise<void> =>
    host.execute(command, { id: upload.id });
  const broken = sending?.state === 'broken' && upload.state === 'receiving';
  const bad = upload.state === 'failed' || broken;
  const words = orphaned
    ? trans.__('Choose the file again to send it')
    : upload.reused
      ? describeReused(upload, artifacts, trans)
      : quiet !== null && !still
        ? describeQuiet(quiet, trans)
        : describeUpload(upload, sending, trans, outage, host.line);
  return (
    <li
      className={`jp-OpenEOArtifacts-row${bad ? ' jp-mod-failed' : ''}`}
      aria-label={upload.name}
      {...rowProps}
      onKeyDown={event => {
        if (event.key === 'Delete' && event.target === event.currentTarget) {
          void run(
            isRunning(upload)
              ? CommandIDs.cancelUpload
              : CommandIDs.forgetUpload
          )();
        }
      }}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <Name text={upload.name} />
        {(upload.state === 'failed' && upload.can_retry) || broken ? (
          <IconButton
            icon="refresh"
            label={trans.__('Try %1 again', upload.name)}
            onClick={run(CommandIDs.retryUpload)}
            tabIndex={rowProps.tabIndex}
          />
        ) : null}
        {sending === undefined || broken ? null : sending.state === 'paused' ? (
          <IconButton
            icon="play"
            label={trans.__('Resume %1', upload.name)}
            onClick={() => void model.sender.resume(upload.id)}
            tabIndex={rowProps.tabIndex}
          />
        ) : (
          <IconButton
            icon="pause"
            label={trans.__('Pause %1', upload.name)}
            onClick={() => model.sender.pause(upload.id)}
            tabIndex={rowProps.tabIndex}
          />
        )}
        {isRunning(upload) ? (
          <IconButton
            icon="close"
            label={trans.__('Cancel %1', upload.name)}
            onClick={run(CommandIDs.cancelUpload)}
            tabIndex={rowProps.tabIndex}
          />
        ) : (
          <IconButton
            icon="close"
            label={trans.__('Dismiss %1', upload.name)}
            onClick={run(CommandIDs.forgetUpload)}
            tabIndex={rowProps.tabIndex}
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
        {upload.state === 'receiving' || upload.state === 'uploading' ? (
          <span>{describeAmount(upload, trans, still, heard)}</span>
        ) : null}
      </div>
      {upload.advice === null ? null : (
        <div className="jp-OpenEOArtifacts-words jp-mod-soon">
          {upload.advice}
        </div>
      )}
      {orphaned ? <ChooseAgain upload={upload} /> : null}
    </li>
  );
});

/** After a reload the page has lost the file; its owner can hand it over again. */
function ChooseAgain({ upload }: { upload: Upload }): JSX.Element {
  const { model, trans } = useServices();
  const input = React.useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="jp-OpenEOArtifacts-link"
        onClick={() => input.current?.click()}
      >
        {trans.__('Choose…')}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={trans.__('The file of %1', upload.name)}
        onChange={event => {
          const [file] = Array.from(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
          if (
            file &&
            (file.name !== upload.name || file.size !== upload.size)
          ) {
            model.notices.fail(
              trans.__(
                '“%1” is not the file that this row waits for. Choose “%2” (%3), or remove the row and drop the other one.',
                visible(file.name),
                visible(upload.name),
                formatBytes(upload.size ?? 0)
              )
            );
          } else if (file) {
            model.uploads
              .sendInstead(upload.id, file)
              .catch(error => model.notices.failed(error));
          }
        }}
      />
    </>
  );
}

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

/** Whether nobody sends a receiving upload's bytes: not this page, and nothing arrives otherwise. */
function useOrphaned(upload: Upload, sending: Sending | undefined): boolean {
  const { line } = useServices().host;
  const watched =
    upload.state === 'receiving' &&
    upload.origin === (line === 'server' ? 'browser' : 'widget') &&
    sending === undefined;
  const { bytes_received: received } = upload;
  const [still, setStill] = React.useState(false);
  React.useEffect(() => {
    setStill(false);
    if (!watched) {
      return undefined;
    }
    const timer = window.setTimeout(() => setStill(true), STILL);
    return () => window.clearTimeout(timer);
  }, [watched, received]);
  return watched && still;
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
