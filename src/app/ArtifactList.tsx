import * as React from 'react';

import type { Artifact } from '../transport';
import { connectionOf } from '../model';
import { ArtifactRow } from './ArtifactRow';
import { itemsOf } from './artifactItems';
import { BusyButton } from './BusyButton';
import type { ICardProps } from './Card';
import { useNow, useServices, useSlice } from './context';
import type { IFilter, IFiltered, Order } from './filter';
import { dayHeading, dayNumber, hostOf, twinsOf } from '../text/format';
import { Grid, rowOf } from './Grid';
import { ListHead } from './ListHead';
import { useMenu } from './Menu';
import type { IOrderProps } from './OrderChoice';
import type { ISelection } from './selection';
import type { IBarProps } from './SelectionBar';
import type { ITranslator } from '../text/translator';
import { askedBy, useRun } from './useBusy';
import type { CommandArgs, CommandID } from './host';
import { type ILinkEnd, linkEndOf } from './words';

/** How often the ends of links, and the day, are looked at again (ms). */
const LOOK = 30_000;

/** What a panel's list has beside a widget's, whose page loads no more than it needs. */
export interface IListParts {
  readonly useSelection: (ids: readonly string[]) => ISelection;
  readonly readFilter: (
    typed: string,
    filtered: IFiltered,
    trans: ITranslator
  ) => IFilter;
  readonly sorted: (
    artifacts: readonly Artifact[],
    order: Order
  ) => readonly Artifact[];
  readonly Order: (props: IOrderProps) => JSX.Element;
  readonly Bar: (props: IBarProps) => JSX.Element;
  readonly Card: (props: ICardProps) => JSX.Element | null;
}

/** What is staged at the backend in use. */
export function ArtifactList({
  parts
}: {
  parts?: IListParts;
}): JSX.Element | null {
  const { host, model, trans } = useServices();
  const openMenu = useMenu();
  const run = useRun();
  const session = useSlice(snapshot => snapshot.session);
  const artifacts = useSlice(snapshot => snapshot.artifacts);
  const backends = useSlice(snapshot => snapshot.backends);
  const olderArtifacts = useSlice(snapshot => snapshot.olderArtifacts);
  const links = useSlice(snapshot => snapshot.links);
  const idle = useSlice(
    ({ uploads, queuedFiles }) => uploads.length + queuedFiles.length === 0
  );
  const now = useNow(artifacts.length > 0 ? LOOK : null);
  const today = dayNumber(now);
  // View state: what the list is narrowed to, and its order.
  const [typed, setTyped] = React.useState('');
  const [order, setOrder] = React.useState<Order>('time');
  const list = React.useRef<HTMLDivElement>(null);
  const headingId = React.useId();
  const connection = connectionOf(session);
  const id = connection?.id;
  // A kernel tells only what is this widget's.
  const here = React.useMemo(
    () =>
      host.line === 'kernel'
        ? artifacts
        : artifacts.filter(artifact => artifact.connection === id),
    [artifacts, host, id]
  );
  const titleOf = (backend: string): string =>
    (connection?.backend === backend ? connection.title : '') ||
    backends.find(({ url }) => url === backend)?.title ||
    hostOf(backend);
  const filter = (parts?.readFilter ?? readName)(
    typed,
    { artifacts: here, now, titleOf },
    trans
  );
  const shown = React.useMemo(
    () => (parts?.sorted ?? asTheyAre)(here.filter(filter.matches), order),
    // A filter is what was typed, and the day.
    [here, typed, order, today, connection?.title]
  );
  const items = React.useMemo(
    () => itemsOf(shown, order, day => dayHeading(day, trans)),
    // Headings are others tomorrow.
    [shown, order, trans, today]
  );
  const ids = React.useMemo(() => shown.map(each => each.id), [shown]);
  const selection = (parts?.useSelection ?? useNone)(ids);
  const twins = React.useMemo(() => twinsOf(here), [here]);
  const known = React.useMemo(
    () => new Map(here.map(each => [each.id, each])),
    [here]
  );
  if (here.length === 0) {
    return session.state === 'signed_in' &&
      connection?.storage.state !== 'none' &&
      idle ? (
      <p className="jp-OpenEOArtifacts-hint">
        {host.line === 'kernel'
          ? trans.__(
              'Nothing was staged here yet. Drop a GeoParquet, a model or a zip: your job can read it a moment later.'
            )
          : trans.__(
              'You have not staged any files from this server yet. Drop a GeoParquet, a model or a zip: your job can read it a moment later.'
            )}
      </p>
    ) : null;
  }
  const isNarrowed = shown.length < here.length;
  /** The selected rows, where that row is one of several. */
  const together = (row: string): readonly string[] | null =>
    selection && selection.chosen.size > 1 && selection.chosen.has(row)
      ? [...selection.chosen]
      : null;
  const execute = (command: CommandID, row: string): void => {
    const rows = together(row);
    const args: CommandArgs = rows ? { ids: rows } : { id: row };
    run(() => host.execute(command, args), askedBy(command));
  };
  const onClear = (): void => {
    list.current
      ?.querySelector<HTMLElement>('[data-row][tabindex="0"]')
      ?.focus();
    selection?.clear();
  };
  const linkOf = (artifact: Artifact): ILinkEnd | null =>
    linkEndOf(artifact, links.get(artifact.id), now);
  return (
    <section className="jp-OpenEOArtifacts-section" aria-labelledby={headingId}>
      <ListHead
        headingId={headingId}
        title={
          isNarrowed
            ? trans.__('Artifacts (%1 of %2)', shown.length, here.length)
            : olderArtifacts === null
              ? trans.__('Artifacts (%1)', here.length)
              : trans.__('Artifacts (the newest %1)', here.length)
        }
        typed={typed}
        onTyped={setTyped}
        wrong={filter.wrong}
        placeholder={
          parts ? trans.__('Filter, kind:raster…') : trans.__('Filter')
        }
        tip={
          parts &&
          trans.__(
            'Parts of the name, and words: kind:raster or kind:tif, older:7d (also h and w), backend: and a part of its name'
          )
        }
      >
        {parts && selection ? (
          <>
            <parts.Order order={order} onOrder={setOrder} />
            <parts.Bar ids={[...selection.chosen]} onClear={onClear} />
          </>
        ) : null}
      </ListHead>
      {shown.length === 0 ? (
        <p className="jp-OpenEOArtifacts-hint">
          {olderArtifacts === null
            ? trans.__('Nothing here fits “%1”.', typed.trim())
            : trans.__(
                'None of the newest %1 fits “%2”.',
                here.length,
                typed.trim()
              )}
        </p>
      ) : (
        <>
          <Grid
            list={list}
            items={items}
            labelledBy={headingId}
            chosen={selection?.chosen}
            draggable={host.drag !== undefined}
            draw={({ artifact, heading }, cell) => {
              if (!artifact) {
                return (
                  <div role="gridcell">
                    <h4>{heading}</h4>
                  </div>
                );
              }
              const link = linkOf(artifact);
              return (
                <ArtifactRow
                  {...cell}
                  artifact={artifact}
                  link={link?.state}
                  until={link?.until}
                  time={
                    order !== 'time'
                      ? 'day'
                      : twins.has(artifact)
                        ? 'second'
                        : 'hour'
                  }
                  today={today}
                />
              );
            }}
            onKey={(event, row) => {
              const { key } = event;
              const command =
                key === 'Enter' || key === 'Delete'
                  ? host.rowKeys[key]
                  : undefined;
              if (command !== undefined) {
                execute(command, row.id);
              }
              return (
                command !== undefined ||
                (selection?.onKey(event, row.id) ?? false)
              );
            }}
            onMove={selection?.onMove}
            onClick={selection?.onClick}
            onContextMenu={event => {
              const row = rowOf(event);
              if (row) {
                event.preventDefault();
                event.stopPropagation();
                const rows = together(row.id);
                // The menu key has no place on the page; the menu then opens below the row.
                openMenu(
                  row.element,
                  (rows && host.manyMenu?.(rows)) ?? host.rowMenu(row.id),
                  event.button === 2
                    ? { point: { x: event.clientX, y: event.clientY } }
                    : undefined
                );
              }
            }}
            onDragStart={event => {
              const row = rowOf(event);
              const artifact = known.get(row?.id ?? '');
              if (artifact) {
                const rows = together(artifact.id) ?? [artifact.id];
                host.drag?.(
                  rows.flatMap(each => known.get(each) ?? []),
                  event.dataTransfer
                );
              }
            }}
          />
          {parts ? (
            <parts.Card
              list={list}
              artifactOf={row => known.get(row)}
              linkOf={linkOf}
              titleOf={titleOf}
            />
          ) : null}
        </>
      )}
      {olderArtifacts === null ? null : (
        <BusyButton
          className="jp-mod-styled"
          work={() =>
            model.showOlder().catch(error => model.notices.failed(error))
          }
        >
          {trans.__('Show older artifacts')}
        </BusyButton>
      )}
    </section>
  );
}

/** Nothing can be selected. */
function useNone(): null {
  return null;
}

/** What is typed is a part of a name. */
function readName(typed: string): IFilter {
  const wanted = typed.trim().toLocaleLowerCase();
  return {
    matches: ({ name }) => name.toLocaleLowerCase().includes(wanted),
    wrong: null
  };
}

function asTheyAre(artifacts: readonly Artifact[]): readonly Artifact[] {
  return artifacts;
}
