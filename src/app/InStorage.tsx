import * as React from 'react';

import { type StoredObjects, connectionOf } from '../model';
import { APIError, type StoredObject, type StoredPage } from '../transport';
import { BusyButton } from './BusyButton';
import { CommandIDs } from './commands';
import { useServices, useSlice } from './context';
import { dayHeading, formatBytes } from '../text/format';
import { Grid, type ICellProps, type IGridItem, rowOf } from './Grid';
import type { MenuEntry } from './host';
import { Icon } from './Icon';
import { kindOf } from './kinds';
import { useMenu } from './Menu';
import { Name } from './Name';
import { Problem } from './Problem';
import type { ITranslator } from '../text/translator';
import { busyProps, useBusy } from './useBusy';

/** A row's height, and a heading's (px), as style/base.css has them. */
const [ROW, HEADING] = [28, 24];

/** A line of the list: an object, or the heading of its day. */
interface IStoredItem extends IGridItem {
  readonly object?: StoredObject;
  readonly heading?: string;
}

/** What lies in storage, on the list or not: closed until somebody wants to know. */
export function InStorage({
  stored
}: {
  stored: StoredObjects;
}): JSX.Element | null {
  const { trans } = useServices();
  const session = useSlice(snapshot => snapshot.session);
  const [open, setOpen] = React.useState(false);
  const state = useStored(stored);
  const headingId = React.useId();
  const contentId = React.useId();
  const connection = connectionOf(session);
  const id = connection?.id ?? null;
  React.useEffect(() => {
    if (open && id !== null) {
      void stored.read(id);
    }
  }, [open, id, stored]);
  if (session.state !== 'signed_in' || connection?.storage.state !== 'ready') {
    return null;
  }
  const page = state.connection === id ? state.page : null;
  return (
    <section className="jp-OpenEOArtifacts-section" aria-labelledby={headingId}>
      <div className="jp-OpenEOArtifacts-sectionHead">
        <h3 id={headingId}>
          <button
            type="button"
            className="jp-OpenEOArtifacts-waiting"
            aria-expanded={open}
            aria-controls={contentId}
            onClick={() => setOpen(!open)}
          >
            {open && page && page.days.length > 0
              ? trans.__('In storage (%1)', sums(page.days, page.whole, trans))
              : trans.__('In storage')}
            <Icon icon="caret" />
          </button>
        </h3>
      </div>
      <div id={contentId} hidden={!open}>
        {open && id !== null ? (
          <Content
            stored={stored}
            connection={id}
            page={page}
            headingId={headingId}
          />
        ) : null}
      </div>
    </section>
  );
}

function Content({
  stored,
  connection,
  page,
  headingId
}: {
  stored: StoredObjects;
  connection: string;
  page: StoredPage | null;
  headingId: string;
}): JSX.Element {
  const { trans } = useServices();
  const { error } = useStored(stored);
  const openMenu = useMenu();
  const list = React.useRef<HTMLDivElement>(null);
  const items = React.useMemo(
    () => (page ? itemsOf(page, trans) : []),
    [page, trans]
  );
  if (error !== null && error !== undefined) {
    return (
      <Problem
        message={
          error instanceof APIError
            ? error.message
            : trans.__('The storage could not be looked at.')
        }
        action={trans.__('Try again')}
        onAction={() => stored.read(connection)}
      />
    );
  }
  if (page === null) {
    return (
      <p className="jp-OpenEOArtifacts-hint" role="status">
        {trans.__('Looking into the storage…')}
      </p>
    );
  }
  const { next, objects, problem } = page;
  return (
    <>
      {problem ? (
        <p className="jp-OpenEOArtifacts-hint">
          {problem.message} {problem.todo}
        </p>
      ) : objects.length === 0 ? (
        <p className="jp-OpenEOArtifacts-hint">
          {trans.__('Nothing of yours is in storage.')}
        </p>
      ) : null}
      {items.length === 0 ? null : (
        <Grid
          list={list}
          items={items}
          labelledBy={headingId}
          draw={({ object, heading }, cell) =>
            object ? (
              <StoredCells {...cell} connection={connection} object={object} />
            ) : (
              <div role="gridcell">
                <h4>{heading}</h4>
              </div>
            )
          }
          onContextMenu={event => {
            const row = rowOf(event);
            const object = objects.find(({ uri }) => uri === row?.id);
            if (row && object) {
              event.preventDefault();
              event.stopPropagation();
              openMenu(
                row.element,
                entriesOf(connection, object),
                event.button === 2
                  ? { point: { x: event.clientX, y: event.clientY } }
                  : undefined
              );
            }
          }}
        />
      )}
      {next === null ? null : (
        <BusyButton className="jp-mod-styled" work={() => stored.readOlder()}>
          {trans.__('Show older files in storage')}
        </BusyButton>
      )}
    </>
  );
}

/** What can be done with an object. */
function entriesOf(
  connection: string,
  { uri, name, artifact }: StoredObject
): readonly MenuEntry[] {
  const args = { connection, uri, name };
  return [
    ...(artifact === null ? [{ command: CommandIDs.adopt, args }] : []),
    { command: CommandIDs.verify, args },
    { command: CommandIDs.download, args },
    'separator',
    { command: CommandIDs.deleteStored, args }
  ];
}

/** The cells of an object, with what can be done with it in a menu. */
function StoredCells({
  connection,
  object,
  tabIndex,
  labelId
}: ICellProps & {
  connection: string;
  object: StoredObject;
}): JSX.Element {
  const { trans } = useServices();
  const openMenu = useMenu();
  const [isBusy, run] = useBusy();
  const { uri, name, size, artifact } = object;
  const amount = size === null ? trans.__('unknown size') : formatBytes(size);
  const listed = artifact === null ? [] : [trans.__('listed')];
  return (
    <>
      <div role="gridcell" className="jp-OpenEOArtifacts-nameCell">
        <Icon icon={kindOf(name)} />
        <Name text={name} />
      </div>
      <div role="gridcell" className="jp-OpenEOArtifacts-size" title={uri}>
        <bdi>{[amount, ...listed].join(' · ')}</bdi>
      </div>
      <div role="gridcell" className="jp-OpenEOArtifacts-actions">
        <button
          type="button"
          className="jp-OpenEOArtifacts-iconButton"
          aria-label={trans.__('More for %1', name)}
          aria-haspopup="menu"
          tabIndex={tabIndex}
          {...busyProps(isBusy)}
          onClick={event =>
            openMenu(event.currentTarget, entriesOf(connection, object), {
              run
            })
          }
        >
          <Icon icon="caret" />
        </button>
      </div>
      <span
        id={labelId}
        hidden
        aria-label={[name, amount, ...listed].join(', ')}
      />
    </>
  );
}

function useStored(stored: StoredObjects): StoredObjects['state'] {
  const subscribe = React.useCallback(
    (onChange: () => void) => {
      stored.changed.connect(onChange);
      return () => {
        stored.changed.disconnect(onChange);
      };
    },
    [stored]
  );
  return React.useSyncExternalStore(subscribe, () => stored.state);
}

/** How many files, and how much: "3 files, 1.2 GB"; "at least …" where that is not all. */
function sums(
  days: StoredPage['days'],
  whole: boolean,
  trans: ITranslator
): string {
  const count = days.reduce((sum, each) => sum + each.count, 0);
  const size = formatBytes(days.reduce((sum, each) => sum + each.size, 0));
  if (!whole) {
    return trans.__('at least %1 files, %2', count, size);
  }
  return count === 1
    ? trans.__('1 file, %1', size)
    : trans.__('%1 files, %2', count, size);
}

/** The rows, each day's below its heading; a day is one in UTC, in which storage counts. */
function itemsOf(
  { objects, days }: StoredPage,
  trans: ITranslator
): readonly IStoredItem[] {
  return byDay(objects).flatMap(([day, group]) => {
    const sum = days.filter(each => each.day === day);
    const heading = [
      headingOf(day, trans),
      ...(sum.length > 0 ? [sums(sum, true, trans)] : [])
    ].join(' · ');
    return [
      { id: `day ${day ?? ''}`, height: HEADING, heading },
      ...group.map(object => ({
        id: object.uri,
        name: object.name,
        height: ROW,
        object
      }))
    ];
  });
}

function headingOf(day: string | null, trans: ITranslator): string {
  const [year, month, date] = (day ?? '').split('-').map(Number);
  return year === undefined || month === undefined || date === undefined
    ? trans.__('Of an unknown day')
    : dayHeading(new Date(year, month - 1, date), trans);
}

function byDay(
  objects: readonly StoredObject[]
): readonly (readonly [string | null, readonly StoredObject[]])[] {
  const groups = new Map<string | null, StoredObject[]>();
  for (const object of objects) {
    const group = groups.get(object.day);
    if (group) {
      group.push(object);
    } else {
      groups.set(object.day, [object]);
    }
  }
  return [...groups];
}
