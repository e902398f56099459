import * as React from 'react';

/** Rows so far beyond what is seen are drawn as well (px). */
const MARGIN = 300;

/** What is seen is noted in such steps, so that not each pixel draws the list again (px). */
const STEP = 200;

/** A row that is drawn, or the room of those before a row that are not. */
export type Place =
  | { readonly index: number }
  | { readonly gap: number; readonly before: number };

/** Where each row begins, and at last where all end (px). */
export function offsetsOf(heights: readonly number[]): readonly number[] {
  const offsets = [0];
  let end = 0;
  for (const height of heights) {
    offsets.push((end += height));
  }
  return offsets;
}

/** The row that a height lies in; beyond the ends the first or the last one. */
export function rowAt(offsets: readonly number[], y: number): number {
  let [low, high] = [0, Math.max(0, offsets.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle]! <= y) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** What is drawn of a list: what lies between two heights, and what has to be there in any case. */
export function placesOf(
  offsets: readonly number[],
  top: number,
  bottom: number,
  kept: readonly number[]
): readonly Place[] {
  const count = offsets.length - 1;
  const drawn = new Set(kept);
  if (count > 0 && bottom > 0 && top < offsets[count]!) {
    const last = rowAt(offsets, bottom);
    for (let index = rowAt(offsets, top); index <= last; index += 1) {
      drawn.add(index);
    }
  }
  const places: Place[] = [];
  let next = 0;
  const leave = (to: number): void => {
    if (to > next) {
      places.push({ gap: offsets[to]! - offsets[next]!, before: to });
    }
  };
  for (const index of [...drawn].sort((one, other) => one - other)) {
    leave(index);
    places.push({ index });
    next = index + 1;
  }
  leave(count);
  return places;
}

/** The lines of a list, as high as they are likely to be (px). */
export type Heights = readonly {
  readonly id: string;
  readonly height: number;
}[];

/** How it is decided what of a list is drawn. */
export type UseRows = (
  list: React.RefObject<HTMLElement>,
  rows: Heights,
  keep: (first: number) => readonly number[]
) => IWindow;

/** A list of which only what is near to be seen is in the page. */
export interface IWindow {
  /** One element each, in this order, below the list's element. */
  readonly places: readonly Place[];
  /** The row a page further down, or up. */
  readonly page: (from: number, pages: 1 | -1) => number;
}

/**
 * Draw of a list only what is near to be seen.
 *
 * Heights are guessed until a row has been drawn once. What an element is not scrolled by is the page.
 */
export const useWindow: UseRows = (list, rows, keep) => {
  const measured = React.useRef(new Map<string, number>());
  const [version, setVersion] = React.useState(0);
  const [view, setView] = React.useState<readonly [number, number]>([
    0,
    window.innerHeight
  ]);
  const offsets = React.useMemo(
    () =>
      offsetsOf(
        rows.map(({ id, height }) => measured.current.get(id) ?? height)
      ),
    // `measured` is another one with each version.
    [rows, version]
  );
  const [from, to] = [view[0] - MARGIN, view[1] + MARGIN];
  const places = placesOf(offsets, from, to, keep(rowAt(offsets, from)));
  const measure = (): void => {
    const elements = list.current?.children ?? [];
    let changed = false;
    places.forEach((place, position) => {
      const row = 'index' in place ? rows[place.index] : undefined;
      const height = elements[position]?.getBoundingClientRect().height ?? 0;
      const before = row && (measured.current.get(row.id) ?? row.height);
      if (row && height > 0 && Math.abs(height - before!) > 0.5) {
        measured.current.set(row.id, height);
        changed = true;
      }
    });
    if (changed) {
      setVersion(number => number + 1);
    }
  };
  const look = (): void => {
    if (list.current) {
      tellHead(list.current);
      const [top, height] = viewOf(list.current);
      const first = Math.floor(top / STEP) * STEP;
      const last = Math.ceil((top + height) / STEP) * STEP;
      if (view[0] !== first || view[1] !== last) {
        setView([first, last]);
      }
    }
  };
  const refresh = React.useRef(() => undefined as void);
  React.useLayoutEffect(() => {
    // What is in the page is what these rows were drawn as.
    refresh.current = () => {
      measure();
      look();
    };
    // Where it lies is looked at a frame later: drawing may move what it is drawn by.
    measure();
  });
  React.useEffect(() => {
    if (!list.current) {
      return undefined;
    }
    let frame = 0;
    const soon = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => refresh.current());
    };
    soon();
    const scroller = scrollerOf(list.current);
    const scrolled = scroller ?? window;
    scrolled.addEventListener('scroll', soon, { passive: true });
    window.addEventListener('resize', soon);
    const sizes =
      typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(soon);
    // What grows above the list moves it without a word.
    for (
      let element: HTMLElement | null = list.current;
      element;
      element = element === scroller ? null : element.parentElement
    ) {
      sizes?.observe(element);
    }
    return () => {
      cancelAnimationFrame(frame);
      scrolled.removeEventListener('scroll', soon);
      window.removeEventListener('resize', soon);
      sizes?.disconnect();
    };
  }, [list]);
  return {
    places,
    page: (row, pages) => {
      const height = list.current ? viewOf(list.current)[1] : STEP;
      const leap = Math.max(STEP / 2, height - STEP / 2);
      return rowAt(offsets, offsets[row]! + pages * leap);
    }
  };
};

/** Tell a section how high its head is, for what sticks below that. */
function tellHead({ parentElement, previousElementSibling }: Element): void {
  const height = (previousElementSibling as HTMLElement | null)?.offsetHeight;
  parentElement?.style.setProperty('--openeo-head', `${height ?? 0}px`);
}

/** From where on a list is seen, and how much of it has room (px). */
function viewOf(list: HTMLElement): readonly [number, number] {
  const scroller = scrollerOf(list);
  const top = scroller?.getBoundingClientRect().top ?? 0;
  return [
    top - list.getBoundingClientRect().top,
    scroller?.clientHeight || window.innerHeight
  ];
}

/** What scrolls an element; null: the page. */
function scrollerOf(element: HTMLElement): HTMLElement | null {
  let around = element.parentElement;
  while (around && !/auto|scroll/.test(getComputedStyle(around).overflowY)) {
    around = around.parentElement;
  }
  return around;
}
