import * as React from 'react';

import type { Artifact, Outage, Upload } from '../transport';
import { CommandIDs } from './commands';
import { type QueuedFile, type Sending, isRunning, sentence } from '../model';
import { useServices } from './context';
import type { CommandID } from './host';
import { IconButton } from './IconButton';
import { formatBytes, visible } from './format';
import { Name } from './Name';
import { progressOf, withReceived } from './rows';
import type { IRowProps } from './useRoving';
import {
  describeAmount,
  describeLost,
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
  rowProps: IRowProps;
}

/** One file on its way; drawn again only when something of it changes. */
export const UploadRow = React.memo(function UploadRow({
  upload: told,
  sending,
  artifacts,
  outage,
  rowProps
}: IUploadRowProps): JSX.Element {
  const upload = withReceived(told, useReceived(told, sending));
  const { host, trans } = useServices();
  const orphaned = useOrphaned(upload, sending) && outage === null;
  const still =
    outage !== null ||
    orphaned ||
    (sending !== undefined && sending.state !== 'sending');
  const run = (command: CommandID) => (): void =>
    host.execute(command, { id: upload.id });
  const broken = sending?.state === 'broken' && upload.state === 'receiving';
  const bad = upload.state === 'failed' || broken;
  const words = orphaned
    ? trans.__('Choose the file again to send it')
    : upload.reused
      ? describeReused(upload, artifacts, trans)
      : describeUpload(upload, sending, trans, outage, host.line);
  return (
    <li
      className={`jp-OpenEOArtifacts-row${bad ? ' jp-mod-failed' : ''}`}
      aria-label={upload.name}
      {...rowProps}
      onKeyDown={event => {
        if (event.key === 'Delete' && event.target === event.currentTarget) {
          run(
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
      {isRunning(upload) ? <Progress upload={upload} words={words} /> : null}
      <div className="jp-OpenEOArtifacts-words">
        <span title={words}>{words}</span>
        {upload.state === 'receiving' || upload.state === 'uploading' ? (
          <span>{describeAmount(upload, trans, still)}</span>
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

function Progress({
  upload,
  words
}: {
  upload: Upload;
  words: string;
}): JSX.Element {
  const { host, trans } = useServices();
  const progress = progressOf(upload);
  const percent = progress === null ? null : Math.floor(progress * 100);
  return (
    <div className="jp-OpenEOArtifacts-progressLine">
      <div
        className={`jp-OpenEOArtifacts-progress${
          percent === null ? ' jp-mod-unknown' : ''
        }`}
        role="progressbar"
        aria-label={
          host.line === 'server'
            ? upload.name
            : trans.__('Progress of %1', upload.name)
        }
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent ?? undefined}
        aria-valuetext={percent === null ? words : `${percent} %, ${words}`}
      >
        <div style={{ width: `${percent ?? 100}%` }} />
      </div>
      {percent === null ? null : <span>{percent} %</span>}
    </div>
  );
}

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

interface IQueuedRowProps {
  file: QueuedFile;
  rowProps: IRowProps;
}

/** A file that is no upload yet, or could not become one. */
export const QueuedRow = React.memo(function QueuedRow({
  file,
  rowProps
}: IQueuedRowProps): JSX.Element {
  const { host, model, trans } = useServices();
  const refused = file.state === 'refused';
  const words = refused
    ? sentence(file.problem)
    : file.state === 'queued'
      ? trans.__('Waiting for its turn')
      : file.state === 'signed_out'
        ? trans.__('Sign in to go on')
        : file.state === 'waiting'
          ? describeLost(host.line, trans)
          : host.line === 'server'
            ? trans.__('Asking Jupyter to take it')
            : trans.__('Asking the kernel');
  return (
    <li
      className={`jp-OpenEOArtifacts-row${refused ? ' jp-mod-failed' : ''}`}
      aria-label={file.name}
      {...rowProps}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <Name text={file.name} />
        {refused && file.again ? (
          <IconButton
            icon="refresh"
            label={trans.__('Try %1 again', file.name)}
            onClick={() => model.sender.again(file.key)}
            tabIndex={rowProps.tabIndex}
          />
        ) : null}
        <IconButton
          icon="close"
          label={
            refused
              ? trans.__('Dismiss %1', file.name)
              : trans.__('Cancel %1', file.name)
          }
          onClick={() => model.sender.dismiss(file.key)}
          tabIndex={rowProps.tabIndex}
        />
      </div>
      <div className="jp-OpenEOArtifacts-words">
        <span>{words}</span>
      </div>
      {refused && file.otherName ? (
        <button
          type="button"
          className="jp-OpenEOArtifacts-link"
          tabIndex={rowProps.tabIndex}
          onClick={() => model.sender.again(file.key, file.otherName)}
        >
          {trans.__('Stage as “%1”', visible(file.otherName))}
        </button>
      ) : null}
    </li>
  );
});
