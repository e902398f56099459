import * as React from 'react';

import { rowOf } from './Grid';

/** What is selected, and the row from which a range is drawn. */
export interface ISelected {
  readonly chosen: ReadonlySet<string>;
  readonly anchor: string | null;
}

export const NOTHING: ISelected = { chosen: new Set(), anchor: null };

/** One row alone. */
export function selectOne(id: string): ISelected {
  return { chosen: new Set([id]), anchor: id };
}

/** One row more, or less. */
export function toggle({ chosen }: ISelected, id: string): ISelected {
  const rest = [...chosen].filter(each => each !== id);
  return {
    chosen: new Set(chosen.has(id) ? rest : [...chosen, id]),
    anchor: id
  };
}

/** All rows from where the range begins; at a row of its own, if nothing is selected yet. */
export function extend(
  ids: readonly string[],
  { anchor }: ISelected,
  from: string,
  to: string
): ISelected {
  const begin = anchor !== null && ids.includes(anchor) ? anchor : from;
  const ends = [ids.indexOf(begin), ids.indexOf(to)];
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  return { chosen: new Set(ids.slice(first, last + 1)), anchor: begin };
}

/** The selection of a list, and the events that change it. */
export interface ISelection {
  readonly chosen: ReadonlySet<string>;
  readonly clear: () => void;
  readonly onClick: (event: React.MouseEvent) => void;
  readonly onKey: (event: React.KeyboardEvent, id: string) => boolean;
  readonly onMove: (
    event: React.KeyboardEvent,
    from: string,
    to: string
  ) => void;
}

/** Rows of a list that are selected: by click, Shift and Ctrl, by Space, Shift and arrows, Ctrl+A. */
export function useSelection(ids: readonly string[]): ISelection {
  const [selected, setSelected] = React.useState(NOTHING);
  const chosen = React.useMemo(
    () => new Set(ids.filter(id => selected.chosen.has(id))),
    [ids, selected]
  );
  const clear = React.useCallback(() => setSelected(NOTHING), []);
  return {
    chosen,
    clear,
    onClick: event => {
      const row = rowOf(event);
      if (!row || (event.target as Element).closest('button')) {
        return;
      }
      setSelected(
        event.shiftKey
          ? extend(ids, selected, row.id, row.id)
          : event.ctrlKey || event.metaKey
            ? toggle({ ...selected, chosen }, row.id)
            : selectOne(row.id)
      );
    },
    onKey: (event, id) => {
      const { key } = event;
      if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === 'a') {
        setSelected({ chosen: new Set(ids), anchor: id });
      } else if (key === 'Escape' && chosen.size > 0) {
        clear();
      } else if (key === ' ') {
        setSelected(toggle({ ...selected, chosen }, id));
      } else {
        return false;
      }
      return true;
    },
    onMove: (event, from, to) => {
      if (event.shiftKey) {
        setSelected(extend(ids, selected, from, to));
      }
    }
  };
}
