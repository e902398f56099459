import * as React from 'react';

import { useServices } from './context';
import { type ILine, destinationOf, rowNamed } from './gridKeys';
import type { Heights, IWindow } from './window';

/** Letters that follow within this time are one beginning of a name (ms). */
const TYPING = 1000;

/** A line of a grid: a row, or a heading between rows. */
export interface IGridItem extends ILine {
  readonly id: string;
  /** As high as it is likely to be (px). */
  readonly height: number;
}

/** What is drawn inside of a row is told how it belongs to it. */
export interface ICellProps {
  /** Of its buttons: they follow the one row that is in the tab order. */
  readonly tabIndex: 0 | -1;
  /** The id of the element that says the row. */
  readonly labelId: string;
}

/** A row of a grid, and what it is drawn in. */
export interface IRow {
  readonly id: string;
  readonly element: HTMLElement;
}

interface IGridProps<T extends IGridItem> {
  items: readonly T[];
  labelledBy: string;
  list: React.RefObject<HTMLDivElement>;
  /** What is in a row: its cells. */
  draw: (item: T, cell: ICellProps) => React.ReactNode;
  rowClass?: (item: T) => string;
  /** Rows that are selected, where some can be. */
  chosen?: ReadonlySet<string>;
  draggable?: boolean;
  /** A key on a row itself; true where it was one of the list's. */
  onKey?: (event: React.KeyboardEvent, row: IRow) => boolean;
  /** The focus is about to go from one row to another by a key. */
  onMove?: (event: React.KeyboardEvent, from: string, to: string) => void;
  onClick?: (event: React.MouseEvent) => void;
  onContextMenu?: (event: React.MouseEvent) => void;
  onDragStart?: (event: React.DragEvent) => void;
}

/** The row that an event is in; null in a heading or beside. */
export function rowOf(event: React.SyntheticEvent): IRow | null {
  const element = (event.target as Element).closest<HTMLElement>('[data-row]');
  const id = element?.dataset.row;
  return element && id !== undefined ? { id, element } : null;
}

/**
 * Rows by the keys of WAI-ARIA's grid: one is in the tab order, arrow keys, Page keys, Home, End and
 * first letters lead to the others. Only rows near to be seen are in the page, and that which has the focus.
 */
export function Grid<T extends IGridItem>({
  items,
  labelledBy,
  list,
  draw,
  rowClass,
  chosen,
  draggable,
  onKey,
  onMove,
  ...handlers
}: IGridProps<T>): JSX.Element {
  const [remembered, setRemembered] = React.useState<string | null>(null);
  const places = React.useMemo(
    () => new Map(items.map(({ id }, index) => [id, index])),
    [items]
  );
  const activeIndex =
    (remembered === null ? undefined : places.get(remembered)) ??
    items.findIndex(({ name }) => name !== undefined);
  const { useRows = drawAll } = useServices();
  const seen = useRows(list, items, first => {
    let heading = first;
    while (heading > 0 && items[heading]?.name !== undefined) {
      heading -= 1;
    }
    // The heading of the first one that is seen stays in sight.
    const kept = items[heading]?.name === undefined ? [heading] : [];
    return activeIndex < 0 ? [] : [...kept, activeIndex];
  });
  const wanted = React.useRef<string | null>(null);
  const typed = React.useRef({ text: '', at: 0 });
  const prefix = React.useId();
  React.useLayoutEffect(() => focusWanted());

  function focusWanted(): void {
    const row = Array.from(list.current?.children ?? []).find(
      element => (element as HTMLElement).dataset.row === wanted.current
    ) as HTMLElement | undefined;
    if (row && wanted.current !== null) {
      wanted.current = null;
      row.focus({ preventScroll: true });
      row.scrollIntoView?.({ block: 'nearest' });
    }
  }

  const type = (key: string, from: number, at: number): number | null => {
    const { text, at: before } = typed.current;
    typed.current = { text: at - before < TYPING ? text + key : key, at };
    return rowNamed(items, from, typed.current.text);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const row = rowOf(event);
    const from = places.get(row?.id ?? '');
    if (!row || from === undefined) {
      return;
    }
    const { key, timeStamp } = event;
    const own = event.target === row.element;
    if (own && onKey?.(event, row)) {
      event.preventDefault();
      return;
    }
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const letter = plain && key !== ' ' && Array.from(key).length === 1;
    const to =
      own && letter
        ? type(key, from, timeStamp)
        : destinationOf(key, from, items, seen.page);
    const id = to === null ? undefined : items[to]?.id;
    if (id !== undefined) {
      event.preventDefault();
      onMove?.(event, row.id, id);
      wanted.current = id;
      setRemembered(id);
      if (id === remembered) {
        focusWanted();
      }
    }
  };

  return (
    <div
      ref={list}
      role="grid"
      className="jp-OpenEOArtifacts-grid"
      aria-labelledby={labelledBy}
      aria-rowcount={items.length}
      aria-multiselectable={chosen ? true : undefined}
      onKeyDown={onKeyDown}
      onFocus={event => setRemembered(rowOf(event)?.id ?? remembered)}
      {...handlers}
    >
      {seen.places.map(place => {
        if ('gap' in place) {
          const next = items[place.before]?.id ?? '';
          return (
            <div
              key={`before ${next}`}
              role="presentation"
              style={{ height: place.gap }}
            />
          );
        }
        const { index } = place;
        const item = items[index]!;
        const { id, name } = item;
        const tabIndex = index === activeIndex ? 0 : -1;
        // The address of an object may have spaces, which would end the reference to the label.
        const labelId = `${prefix}${id.replace(/\s/g, c => `%${c.charCodeAt(0)}`)}`;
        return name === undefined ? (
          <div
            key={id}
            role="row"
            className="jp-OpenEOArtifacts-group"
            aria-rowindex={index + 1}
          >
            {draw(item, { tabIndex, labelId })}
          </div>
        ) : (
          <div
            key={id}
            role="row"
            className={`jp-OpenEOArtifacts-row ${rowClass?.(item) ?? ''}`}
            aria-rowindex={index + 1}
            aria-labelledby={labelId}
            aria-selected={chosen?.has(id)}
            data-row={id}
            tabIndex={tabIndex}
            draggable={draggable}
          >
            {draw(item, { tabIndex, labelId })}
          </div>
        );
      })}
    </div>
  );
}

/** A page is so many rows, where all are drawn. */
const PAGE = 10;

/** All rows: a widget's page has no more than what came through it. */
function drawAll(_: unknown, rows: Heights): IWindow {
  const last = rows.length - 1;
  return {
    places: rows.map((_row, index) => ({ index })),
    page: (from, pages) => Math.max(0, Math.min(last, from + pages * PAGE))
  };
}
