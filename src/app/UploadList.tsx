import * as React from 'react';

import { EMPTY } from '../model';
import { useServices, useSlice } from './context';
import { Icon } from './Icon';
import { QueuedRow } from './QueuedRow';
import { TotalRow } from './TotalRow';
import { UploadRow } from './UploadRow';
import {
  FADE,
  STAY,
  type StagingRow,
  countUnderWay,
  splitRows,
  stagingRows
} from './rows';
import { useRoving } from './useRoving';

/** The id of the row that stands for all that wait. */
const WAITING = 'waiting';

/** What is being staged, and what could not be. */
export function UploadList(): JSX.Element | null {
  const { trans } = useServices();
  const uploads = useSlice(snapshot => snapshot.uploads);
  const queuedFiles = useSlice(snapshot => snapshot.queuedFiles);
  const sending = useSlice(snapshot => snapshot.sending);
  const artifacts = useSlice(snapshot => snapshot.artifacts);
  const outage = useSlice(snapshot => snapshot.outage);
  const heard = useSlice(snapshot => snapshot.heard);
  const held = useSlice(snapshot => snapshot.held);
  // View state: whether what waits is shown one by one.
  const [open, setOpen] = React.useState(false);
  const rows = stagingRows(queuedFiles, uploads, useFading());
  const [before, waiting, after] = splitRows(rows);
  // In one list, so that a row which moves between the parts stays the one that has the focus.
  const parts: readonly (readonly (StagingRow | null)[])[] = [
    before,
    waiting.length > 0 ? [null] : [],
    open ? waiting : [],
    after
  ];
  const roving = useRoving(parts.flat().map(row => row?.id ?? WAITING));
  const headingId = React.useId();
  const going = countUnderWay(rows);
  if (rows.length === 0) {
    return null;
  }
  const draw = (row: StagingRow): JSX.Element =>
    row.kind === 'queued' ? (
      <QueuedRow
        key={row.id}
        file={row.file}
        held={held}
        rowProps={roving.rowProps(row.id)}
      />
    ) : (
      <UploadRow
        key={row.id}
        upload={row.upload}
        sending={sending.get(row.id)}
        outage={outage}
        heard={heard}
        artifacts={row.upload.reused ? artifacts : EMPTY.artifacts}
        rowProps={roving.rowProps(row.id)}
      />
    );
  const rest = (
    <li key={WAITING} className="jp-OpenEOArtifacts-row">
      <button
        type="button"
        className="jp-OpenEOArtifacts-waiting"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        {...roving.rowProps(WAITING)}
      >
        {trans.__('%1 waiting', waiting.length)}
        <Icon icon="caret" />
      </button>
    </li>
  );
  return (
    <section
      className="jp-OpenEOArtifacts-section"
      aria-labelledby={headingId}
      onKeyDown={roving.onKeyDown}
    >
      <h3 id={headingId} tabIndex={-1}>
        {going > 0 ? trans.__('Uploading (%1)', going) : trans.__('Uploads')}
      </h3>
      <TotalRow />
      <ul role="list">
        {parts.flat().map(row => (row === null ? rest : draw(row)))}
      </ul>
    </section>
  );
}

/** The uploads that have just ended and are not artifacts of their own; each stays for a moment. */
function useFading(): ReadonlySet<string> {
  const uploads = useSlice(snapshot => snapshot.uploads);
  const ended = React.useRef<Set<string> | null>(null);
  const timers = React.useRef(new Set<number>());
  const [fading, setFading] = React.useState<ReadonlySet<string>>(new Set());
  React.useEffect(() => {
    if (uploads === EMPTY.uploads) {
      return; // not read yet
    }
    const before = ended.current;
    const over = uploads.filter(
      upload => upload.state === 'cancelled' || upload.reused
    );
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
  }, [uploads]);
  React.useEffect(() => {
    const pending = timers.current;
    return () => pending.forEach(timer => window.clearTimeout(timer));
  }, []);
  return fading;
}
