import * as React from 'react';

import { EMPTY, type Sending, isRunning } from '../model';
import { CommandIDs } from './commands';
import { useServices, useSlice } from './context';
import { Grid, type IGridItem } from './Grid';
import { Icon } from './Icon';
import { later } from './later';
import { StickyHead } from './ListHead';
import { QueuedRow } from './QueuedRow';
import {
  FADE,
  STAY,
  type StagingRow,
  countUnderWay,
  splitRows,
  stagingRows
} from './rows';
import { UploadRow } from './UploadRow';

const TotalRow = later(async () => (await import('./TotalRow')).TotalRow);

/** The id of the row that stands for all that wait. */
const WAITING = 'waiting';

/** As high as a row with a bar is likely to be, and one of a single line (px). */
const [TALL, SHORT] = [66, 32];

interface IUploadItem extends IGridItem {
  /** Absent in the row that stands for all that wait. */
  readonly row?: StagingRow;
}

/** What is being staged, and what could not be. */
export function UploadList(): JSX.Element | null {
  const { host, model, trans } = useServices();
  const uploads = useSlice(snapshot => snapshot.uploads);
  const queuedFiles = useSlice(snapshot => snapshot.queuedFiles);
  const sending = useSlice(snapshot => snapshot.sending);
  const artifacts = useSlice(snapshot => snapshot.artifacts);
  const outage = useSlice(snapshot => snapshot.outage);
  const heard = useSlice(snapshot => snapshot.heard);
  const held = useSlice(snapshot => snapshot.held);
  const restarted = useSlice(snapshot => snapshot.restarted);
  // View state: whether what waits is shown one by one.
  const [open, setOpen] = React.useState(false);
  const list = React.useRef<HTMLDivElement>(null);
  const fading = useFading();
  const headingId = React.useId();
  const rows = React.useMemo(
    () => stagingRows(queuedFiles, uploads, fading),
    [queuedFiles, uploads, fading]
  );
  const waiting = trans.__('%1 waiting', splitRows(rows)[1].length);
  const items = React.useMemo(
    () => itemsOf(rows, open, waiting),
    [rows, open, waiting]
  );
  const going = countUnderWay(rows);
  if (rows.length === 0) {
    return null;
  }
  return (
    <section className="jp-OpenEOArtifacts-section" aria-labelledby={headingId}>
      <StickyHead>
        <h3 id={headingId} tabIndex={-1}>
          {going > 0 ? trans.__('Uploading (%1)', going) : trans.__('Uploads')}
        </h3>
        <TotalRow />
      </StickyHead>
      <Grid
        list={list}
        items={items}
        labelledBy={headingId}
        rowClass={({ row }) =>
          row && hasFailed(row, sending) ? 'jp-mod-failed' : ''
        }
        draw={({ row }, cell) => (
          <div role="gridcell">
            {row === undefined ? (
              <button
                type="button"
                id={cell.labelId}
                className="jp-OpenEOArtifacts-waiting"
                aria-expanded={open}
                tabIndex={cell.tabIndex}
                onClick={() => setOpen(!open)}
              >
                {waiting}
                <Icon icon="caret" />
              </button>
            ) : row.kind === 'queued' ? (
              <QueuedRow {...cell} file={row.file} held={held} />
            ) : (
              <UploadRow
                {...cell}
                upload={row.upload}
                sending={sending.get(row.id)}
                outage={outage}
                heard={heard}
                restarted={restarted}
                artifacts={row.upload.reused ? artifacts : EMPTY.artifacts}
              />
            )}
          </div>
        )}
        onKey={({ key }, { id }) => {
          const row = items.find(each => each.id === id)?.row;
          if (key === 'Delete' && row?.kind === 'upload') {
            const command = isRunning(row.upload)
              ? CommandIDs.cancelUpload
              : CommandIDs.forgetUpload;
            void host.execute(command, { id });
          } else if (key === 'Delete' && row) {
            model.sender.dismiss(id);
          } else if ((key === 'Enter' || key === ' ') && id === WAITING) {
            setOpen(!open);
          } else {
            return false;
          }
          return true;
        }}
      />
    </section>
  );
}

/** The rows, with one for all that wait where those are many. */
function itemsOf(
  rows: readonly StagingRow[],
  open: boolean,
  waiting: string
): readonly IUploadItem[] {
  const [before, inLine, after] = splitRows(rows);
  const itemOf = (row: StagingRow): IUploadItem =>
    row.kind === 'queued'
      ? { id: row.id, row, name: row.file.name, height: SHORT }
      : { id: row.id, row, name: row.upload.name, height: TALL };
  const rest = { id: WAITING, name: waiting, height: SHORT };
  return [
    ...before.map(itemOf),
    ...(inLine.length > 0 ? [rest] : []),
    ...(open ? inLine.map(itemOf) : []),
    ...after.map(itemOf)
  ];
}

function hasFailed(
  row: StagingRow,
  sending: ReadonlyMap<string, Sending>
): boolean {
  if (row.kind === 'queued') {
    return row.file.state === 'refused';
  }
  const { state } = row.upload;
  return (
    state === 'failed' ||
    (state === 'receiving' && sending.get(row.id)?.state === 'broken')
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
