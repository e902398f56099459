import * as React from 'react';

/** What a row of a roving list is given. */
export interface IRowProps {
  readonly 'data-row': string;
  readonly tabIndex: 0 | -1;
  readonly onFocus: () => void;
}

/** A list of which one row is in the tab order, and arrow keys move between rows. */
export interface IRoving {
  /** For the element around all rows. */
  readonly onKeyDown: (event: React.KeyboardEvent<HTMLElement>) => void;
  /** For a row; its id is what it is remembered by, so that a row that moves keeps its place. */
  readonly rowProps: (id: string) => IRowProps;
  /** Whether a row is the one in the tab order; its buttons follow it. */
  readonly isActive: (id: string) => boolean;
}

export function useRoving(ids: readonly string[]): IRoving {
  const [remembered, setRemembered] = React.useState<string | null>(null);
  const active =
    remembered !== null && ids.includes(remembered)
      ? remembered
      : (ids[0] ?? null);
  const given = React.useRef(new Map<string, IRowProps>());
  return {
    onKeyDown: event => {
      const rows = Array.from(
        event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')
      );
      const from = rows.findIndex(row => row.contains(event.target as Node));
      const to = destination(event.key, from, rows.length);
      if (to !== null) {
        event.preventDefault();
        rows[to]?.focus();
      }
    },
    rowProps: id => {
      // The same object as long as nothing of it changes, so that a row needs not be drawn again.
      const tabIndex = id === active ? 0 : -1;
      const before = given.current.get(id);
      if (before?.tabIndex === tabIndex) {
        return before;
      }
      const onFocus = (): void => setRemembered(id);
      const props: IRowProps = { 'data-row': id, tabIndex, onFocus };
      given.current.set(id, props);
      return props;
    },
    isActive: id => id === active
  };
}

function destination(key: string, from: number, count: number): number | null {
  if (count === 0) {
    return null;
  }
  switch (key) {
    case 'ArrowDown':
      return Math.min(from + 1, count - 1);
    case 'ArrowUp':
      return Math.max(from - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
