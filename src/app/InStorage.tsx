import * as React from 'react';

import { type StoredObjects, connectionOf } from '../model';
import { APIError, type StoredObject, type StoredPage } from '../transport';
import { BusyButton } from './BusyButton';
import { CommandIDs } from './commands';
import { useServices, useSlice } from './context';
import { dayHeading, formatBytes, language } from '../text/format';
import type { MenuEntry } from './host';
import { Icon } from './Icon';
import { kindOf } from './kinds';
import { useMenu } from './Menu';
import { Name } from './Name';
import { Problem } from './Problem';
import type { ITranslator } from '../text/translator';
import { busyProps, useBusy } from './useBusy';
import { type IRowProps, useRoving } from './useRoving';

/** Today and yesterday have words of their own (ms). */
const TWO_DAYS = 172_800_000;

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
          <Content stored={stored} connection={id} page={page} />
        ) : null}
      </div>
    </section>
  );
}

function Content({
  stored,
  connection,
  page
}: {
  stored: StoredObjects;
  connection: string;
  page: StoredPage | null;
}): JSX.Element {
  const { trans } = useServices();
  const { error } = useStored(stored);
  const objects = page?.objects ?? [];
  const roving = useRoving(objects.map(({ uri }) => uri));
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
  return (
    <div onKeyDown={roving.onKeyDown}>
      {page.problem ? (
        <p className="jp-OpenEOArtifacts-hint">
          {page.problem.message} {page.problem.todo}
        </p>
      ) : objects.length === 0 ? (
        <p className="jp-OpenEOArtifacts-hint">
          {trans.__('Nothing of yours is in storage.')}
        </p>
      ) : null}
      {byDay(objects).map(([day, group]) => {
        const heading = headingOf(day, trans);
        const sum = page.days.filter(each => each.day === day);
        return (
          <React.Fragment key={day ?? ''}>
            <h4>
              {sum.length > 0
                ? `${heading} · ${sums(sum, true, trans)}`
                : heading}
            </h4>
            <ul role="list" aria-label={heading}>
              {group.map(object => (
                <StoredRow
                  key={object.uri}
                  connection={connection}
                  object={object}
                  rowProps={roving.rowProps(object.uri)}
                />
              ))}
            </ul>
          </React.Fragment>
        );
      })}
      {page.next === null ? null : (
        <BusyButton className="jp-mod-styled" work={() => stored.readOlder()}>
          {trans.__('Show older files in storage')}
        </BusyButton>
      )}
    </div>
  );
}

/** One object, with what can be done with it. */
function StoredRow({
  connection,
  object: { uri, name, size, artifact },
  rowProps
}: {
  connection: string;
  object: StoredObject;
  rowProps: IRowProps;
}): JSX.Element {
  const { trans } = useServices();
  const openMenu = useMenu();
  const [isBusy, run] = useBusy();
  const args = { connection, uri, name };
  const entries: readonly MenuEntry[] = [
    ...(artifact === null ? [{ command: CommandIDs.adopt, args }] : []),
    { command: CommandIDs.verify, args },
    { command: CommandIDs.download, args },
    'separator',
    { command: CommandIDs.deleteStored, args }
  ];
  const detailsId = React.useId();
  return (
    <li
      className="jp-OpenEOArtifacts-row"
      aria-label={name}
      aria-describedby={detailsId}
      {...rowProps}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        openMenu(
          event.currentTarget,
          entries,
          event.button === 2
            ? { point: { x: event.clientX, y: event.clientY }, run }
            : { run }
        );
      }}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <Icon icon={kindOf(name)} />
        <Name text={name} />
        <span id={detailsId} className="jp-OpenEOArtifacts-size" title={uri}>
          {[
            size === null ? trans.__('unknown size') : formatBytes(size),
            ...(artifact === null ? [] : [trans.__('listed')])
          ].join(' · ')}
        </span>
        <span className="jp-OpenEOArtifacts-actions">
          <button
            type="button"
            className="jp-OpenEOArtifacts-action"
            aria-label={trans.__('More for %1', name)}
            aria-haspopup="menu"
            tabIndex={rowProps.tabIndex}
            {...busyProps(isBusy)}
            onClick={event => openMenu(event.currentTarget, entries, { run })}
          >
            <Icon icon="caret" />
          </button>
        </span>
      </div>
    </li>
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

/** The heading of a day in UTC, in which storage counts. */
function headingOf(day: string | null, trans: ITranslator): string {
  const [year, month, date] = (day ?? '').split('-').map(Number);
  if (year === undefined || month === undefined || date === undefined) {
    return trans.__('Of an unknown day');
  }
  const begin = new Date(year, month - 1, date);
  return Date.now() - begin.getTime() < TWO_DAYS
    ? dayHeading(begin, trans)
    : new Intl.DateTimeFormat(language(), { dateStyle: 'full' }).format(begin);
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
