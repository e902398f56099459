import * as React from 'react';

import { useSnapshot, usePanel } from './context';
import { JobRow, UploadRow } from './JobRow';
import { FADE, stagingRows } from './rows';
import { useRoving } from './useRoving';

/** What is being staged, and what could not be. */
export function JobList(): JSX.Element | null {
  const { trans } = usePanel();
  const snapshot = useSnapshot();
  const rows = stagingRows(snapshot, useFading());
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
      <h3 id={headingId}>{trans.__('Staging (%1)', rows.length)}</h3>
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
              sending={snapshot.sending.get(row.id)}
              rowProps={roving.rowProps(row.id)}
            />
          )
        )}
      </ul>
    </section>
  );
}

/** The jobs that were seen running and are cancelled now; each stays for a moment. */
function useFading(): ReadonlySet<string> {
  const { jobs } = useSnapshot();
  const running = React.useRef(new Set<string>());
  const timers = React.useRef(new Set<number>());
  const [fading, setFading] = React.useState<ReadonlySet<string>>(new Set());
  React.useEffect(() => {
    for (const { id, state } of jobs) {
      if (state !== 'cancelled') {
        running.current.add(id);
      } else if (running.current.delete(id)) {
        setFading(ids => new Set(ids).add(id));
        const timer = window.setTimeout(() => {
          timers.current.delete(timer);
          setFading(ids => new Set([...ids].filter(other => other !== id)));
        }, FADE);
        timers.current.add(timer);
      }
    }
  }, [jobs]);
  React.useEffect(() => {
    const pending = timers.current;
    return () => pending.forEach(timer => window.clearTimeout(timer));
  }, []);
  return fading;
}
