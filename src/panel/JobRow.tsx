import { closeIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Artifact, Job } from '../api';
import { CommandIDs } from '../commands';
import {
  type LocalUpload,
  type Sending,
  isRunning,
  problemOf,
  sentence
} from '../model';
import { usePanel } from './context';
import { IconButton } from './IconButton';
import { Name } from './Name';
import { progressOf } from './rows';
import type { IRowProps } from './useRoving';
import { describeAmount, describeJob, describeReused } from './words';

/** How long a receiving job may stand still before its file is asked for again (ms). */
const STILL = 10_000;

interface IJobRowProps {
  job: Job;
  sending: Sending | undefined;
  /** Where to look the artifact up that a job found in storage already. */
  artifacts: readonly Artifact[];
  /** Whether the server does not answer, and this is what was known of the job before. */
  lost: boolean;
  rowProps: IRowProps;
}

/** One file on its way; drawn again only when something of it changes. */
export const JobRow = React.memo(function JobRow({
  job,
  sending,
  artifacts,
  lost,
  rowProps
}: IJobRowProps): JSX.Element {
  const { commands, trans } = usePanel();
  const orphaned = useOrphaned(job, sending) && !lost;
  const still = lost || (sending !== undefined && sending.state !== 'sending');
  const run = (command: string) => (): void =>
    void commands.execute(command, { id: job.id });
  const broken = sending?.state === 'broken' && job.state === 'receiving';
  const bad = job.state === 'failed' || broken;
  const words = orphaned
    ? trans.__('Choose the file again to send it')
    : job.reused
      ? describeReused(job, artifacts, trans)
      : describeJob(job, sending, trans, lost);
  return (
    <li
      className={`jp-OpenEOArtifacts-row${bad ? ' jp-mod-failed' : ''}`}
      aria-label={job.name}
      {...rowProps}
      onKeyDown={event => {
        if (event.key === 'Delete' && event.target === event.currentTarget) {
          run(isRunning(job) ? CommandIDs.cancelJob : CommandIDs.forgetJob)();
        }
      }}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <Name text={job.name} />
        {(job.state === 'failed' && job.can_retry) || broken ? (
          <IconButton
            icon={refreshIcon}
            label={trans.__('Try %1 again', job.name)}
            onClick={run(CommandIDs.retryJob)}
            tabIndex={rowProps.tabIndex}
          />
        ) : null}
        {isRunning(job) ? (
          <IconButton
            icon={closeIcon}
            label={trans.__('Cancel %1', job.name)}
            onClick={run(CommandIDs.cancelJob)}
            tabIndex={rowProps.tabIndex}
          />
        ) : (
          <IconButton
            icon={closeIcon}
            label={trans.__('Dismiss %1', job.name)}
            onClick={run(CommandIDs.forgetJob)}
            tabIndex={rowProps.tabIndex}
          />
        )}
      </div>
      {isRunning(job) ? <Progress job={job} words={words} /> : null}
      <div className="jp-OpenEOArtifacts-words">
        <span title={words}>{words}</span>
        {job.state === 'receiving' || job.state === 'uploading' ? (
          <span>{describeAmount(job, trans, still)}</span>
        ) : null}
      </div>
      {job.advice === null ? null : (
        <div className="jp-OpenEOArtifacts-words jp-mod-soon">{job.advice}</div>
      )}
      {orphaned ? <ChooseAgain job={job} /> : null}
    </li>
  );
});

function Progress({ job, words }: { job: Job; words: string }): JSX.Element {
  const progress = progressOf(job);
  const percent = progress === null ? null : Math.floor(progress * 100);
  return (
    <div className="jp-OpenEOArtifacts-progressLine">
      <div
        className={`jp-OpenEOArtifacts-progress${
          percent === null ? ' jp-mod-unknown' : ''
        }`}
        role="progressbar"
        aria-label={job.name}
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
function ChooseAgain({ job }: { job: Job }): JSX.Element {
  const { model, trans } = usePanel();
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
        aria-label={trans.__('The file of %1', job.name)}
        onChange={event => {
          const [file] = Array.from(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
          if (file) {
            model
              .sendInstead(job.id, file)
              .catch(error => model.notices.fail(sentence(problemOf(error))));
          }
        }}
      />
    </>
  );
}

/** Whether nobody sends a receiving job's bytes: not this browser, and nothing arrives otherwise. */
function useOrphaned(job: Job, sending: Sending | undefined): boolean {
  const watched =
    job.state === 'receiving' &&
    job.origin === 'browser' &&
    sending === undefined;
  const { bytes_received: received } = job;
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

interface IUploadRowProps {
  upload: LocalUpload;
  rowProps: IRowProps;
}

/** A file that is no job yet, or could not become one. */
export const UploadRow = React.memo(function UploadRow({
  upload,
  rowProps
}: IUploadRowProps): JSX.Element {
  const { model, trans } = usePanel();
  const refused = upload.state === 'refused';
  const words = refused
    ? sentence(upload.problem)
    : upload.state === 'queued'
      ? trans.__('Waiting for its turn')
      : upload.state === 'waiting'
        ? trans.__('Jupyter does not answer, trying again')
        : trans.__('Asking Jupyter to take it');
  return (
    <li
      className={`jp-OpenEOArtifacts-row${refused ? ' jp-mod-failed' : ''}`}
      aria-label={upload.name}
      {...rowProps}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <Name text={upload.name} />
        {refused && upload.again ? (
          <IconButton
            icon={refreshIcon}
            label={trans.__('Try %1 again', upload.name)}
            onClick={() => model.uploads.again(upload.key)}
            tabIndex={rowProps.tabIndex}
          />
        ) : null}
        <IconButton
          icon={closeIcon}
          label={
            refused
              ? trans.__('Dismiss %1', upload.name)
              : trans.__('Cancel %1', upload.name)
          }
          onClick={() => model.uploads.dismiss(upload.key)}
          tabIndex={rowProps.tabIndex}
        />
      </div>
      <div className="jp-OpenEOArtifacts-words">
        <span>{words}</span>
      </div>
    </li>
  );
});
