import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Artifact, Job } from '../api';
import { EMPTY, sentence } from '../model';
import { usePanel, useSlice } from './context';
import { progressOf } from './rows';
import { describeReused } from './words';

/** Progress by ear: at each quarter and at the end, politely, and never for what was there before. */
export function Announcer(): JSX.Element {
  const { trans } = usePanel();
  const jobs = useSlice(snapshot => snapshot.jobs);
  const artifacts = useSlice(snapshot => snapshot.artifacts);
  const heard = React.useRef<Map<string, string> | null>(null);
  const [text, setText] = React.useState('');
  React.useEffect(() => {
    if (jobs === EMPTY.jobs) {
      return; // not read yet
    }
    const before = heard.current;
    const now = new Map(jobs.map(job => [job.id, milestone(job)]));
    heard.current = now;
    const news =
      before === null
        ? []
        : jobs.filter(job => before.get(job.id) !== now.get(job.id));
    const spoken = news
      .map(job => announcement(job, artifacts, trans))
      .filter(line => line !== '');
    if (spoken.length > 0) {
      setText(spoken.join(' '));
    }
  }, [jobs, artifacts, trans]);
  return (
    <div className="jp-OpenEOArtifacts-ear" role="log" aria-live="polite">
      {text}
    </div>
  );
}

/** What of a job is worth saying when it changes. */
export function milestone(job: Job): string {
  switch (job.state) {
    case 'staged':
    case 'failed':
    case 'cancelled':
    case 'paused':
      return job.state;
    case 'queued':
    case 'receiving':
    case 'uploading':
    case 'verifying':
      return String(quarter(job));
  }
}

function quarter(job: Job): number {
  return Math.min(3, Math.floor((progressOf(job) ?? 0) * 4)) * 25;
}

function announcement(
  job: Job,
  artifacts: readonly Artifact[],
  trans: TranslationBundle
): string {
  switch (job.state) {
    case 'staged':
      return job.reused
        ? trans.__('%1: %2', job.name, describeReused(job, artifacts, trans))
        : [trans.__('%1 is staged.', job.name), job.advice ?? '']
            .join(' ')
            .trim();
    case 'failed':
      return trans.__(
        '%1 failed: %2',
        job.name,
        job.problem ? sentence(job.problem) : ''
      );
    case 'paused':
      return trans.__('%1 is paused.', job.name);
    case 'cancelled':
      return trans.__('%1 was cancelled.', job.name);
    case 'queued':
    case 'receiving':
    case 'uploading':
    case 'verifying': {
      const percent = quarter(job);
      return percent > 0 ? trans.__('%1: %2 %', job.name, percent) : '';
    }
  }
}
