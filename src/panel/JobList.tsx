import * as React from 'react';

import { EMPTY } from '../model';
import { usePanel, useSlice } from './context';
import { JobRow, UploadRow } from './JobRow';
import { FADE, STAY, stagingRows } from './rows';
import { useRoving } from './useRoving';

/** What is being staged, and what could not be. */
export function JobList(): JSX.Element | null {
  const { trans } = usePanel();
  const jobs = useSlice(snapshot => snapshot.jobs);
  const uploads = useSlice(snapshot => snapshot.uploads);
  const sending = useSlice(snapshot => snapshot.sending);
  const artifacts = useSlice(snapshot => snapshot.artifacts);
  const lost = useSlice(snapshot => snapshot.outage !== null);
  const rows = stagingRows(uploads, jobs, useFading());
  const roving = useRoving(rows.map(({ id }) => id));
  const headingId = React.useId();
  if (rows.length === 0) {
    return null;
  }
  return (
    <section
      className="jp-OpenEOArtifacts-section"
      aria-labelledby={headingId}
      onKeyDown={roving.onKeyDown}
    >
      <h3 id={headingId}>{trans.__('Uploading (%1)', rows.length)}</h3>
      <ul role="list">
        {rows.map(row =>
          row.kind === 'upload' ? (
            <UploadRow
              key={row.id}
              upload={row.upload}
              rowProps={roving.rowProps(row.id)}
            />
          ) : (
            <JobRow
              key={row.id}
              job={row.job}
              sending={sending.get(row.id)}
              lost={lost}
              artifacts={row.job.reused ? artifacts : EMPTY.artifacts}
              rowProps={roving.rowProps(row.id)}
            />
          )
        )}
      </ul>
    </section>
  );
}

/** The jobs that have just ended and are not artifacts of their own; each stays for a moment. */
function useFading(): ReadonlySet<string> {
  const jobs = useSlice(snapshot => snapshot.jobs);
  const ended = React.useRef<Set<string> | null>(null);
  const timers = React.useRef(new Set<number>());
  const [fading, setFading] = React.useState<ReadonlySet<string>>(new Set());
  React.useEffect(() => {
    if (jobs === EMPTY.jobs) {
      return; // not read yet
    }
    const before = ended.current;
    const over = jobs.filter(job => job.state === 'cancelled' || job.reused);
    ended.current = new Set(over.map(({ id }) => id));
    for (const { id, reused } of before === null ? [] : over) {
      if (before?.has(id)) {
        continue;
      }
      setFading(ids => new Set(ids).add(id));
      const fade = (): void => {
        timers.current.delete(timer);
        setFading(ids => new Set([...ids].filter(other => other !== id)));
      };
      const timer = window.setTimeout(fade, reused ? STAY : FADE);
      timers.current.add(timer);
    }
  }, [jobs]);
  React.useEffect(() => {
    const pending = timers.current;
    return () => pending.forEach(timer => window.clearTimeout(timer));
  }, []);
  return fading;
}
