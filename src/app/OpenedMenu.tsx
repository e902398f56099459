import * as React from 'react';

import { useServices } from './context';
import { CommandIDs } from './commands';
import type { CommandID, IHost, MenuEntry } from './host';
import type { IconName } from './drawings';
import { Icon } from './Icon';
import { IN_TOP_LAYER, raise } from './topLayer';
import { type Run, askedBy, useRun } from './useBusy';

/** A place of the page. */
interface IPoint {
  readonly x: number;
  readonly y: number;
}

/** A menu that is to be opened. */
export interface IOpenedMenu {
  /** What it belongs to; the focus returns there. */
  readonly anchor: HTMLElement;
  readonly entries: readonly MenuEntry[];
  readonly point?: IPoint;
  /** Does what was chosen; else it is done by itself. */
  readonly run?: Run;
}

/**
 * A menu by the keys of WAI-ARIA: arrows, Home, End and first letters move, Enter and Space choose,
 * Escape and Tab close it. The focus returns to where it came from before what was chosen is run.
 */
export function OpenedMenu({
  opened: { anchor, entries, point, run },
  onClose
}: {
  opened: IOpenedMenu;
  onClose: () => void;
}): JSX.Element {
  const { host } = useServices();
  const runAlone = useRun();
  const menu = React.useRef<HTMLUListElement>(null);
  const close = React.useCallback(
    (focus: boolean) => {
      if (focus) {
        anchor.focus({ preventScroll: true });
      }
      onClose();
    },
    [anchor, onClose]
  );
  React.useLayoutEffect(() => {
    const element = menu.current;
    if (element) {
      raise(element);
      place(element, anchor, point);
      itemsOf(element)[0]?.focus();
    }
  }, [anchor, entries, point]);
  React.useEffect(() => {
    const onPress = (event: Event): void => {
      const element = menu.current;
      if (element && !event.composedPath().includes(element)) {
        close(false);
      }
    };
    const onMove = (event: Event): void => {
      if (!event.composedPath().includes(menu.current as EventTarget)) {
        close(true);
      }
    };
    document.addEventListener('pointerdown', onPress, true);
    document.addEventListener('scroll', onMove, true);
    window.addEventListener('blur', onMove);
    window.addEventListener('resize', onMove);
    return () => {
      document.removeEventListener('pointerdown', onPress, true);
      document.removeEventListener('scroll', onMove, true);
      window.removeEventListener('blur', onMove);
      window.removeEventListener('resize', onMove);
    };
  }, [close]);
  const choose = (entry: Exclude<MenuEntry, 'separator'>): void => {
    if (!isEnabled(entry, host)) {
      return;
    }
    close(true);
    const begin = run ?? runAlone;
    if ('command' in entry) {
      const { command, args } = entry;
      begin(() => host.execute(command, args), askedBy(command));
    } else {
      begin(entry.run);
    }
  };
  return (
    <ul
      ref={menu}
      className="jp-OpenEOArtifacts-menu"
      role="menu"
      {...IN_TOP_LAYER}
      tabIndex={-1}
      onKeyDown={event => onKey(event, close)}
      onContextMenu={event => event.preventDefault()}
    >
      {entries.map((entry, index) =>
        entry === 'separator' ? (
          <li key={index} role="separator" />
        ) : (
          <li
            key={index}
            role="menuitem"
            tabIndex={-1}
            aria-disabled={isEnabled(entry, host) ? undefined : true}
            onClick={() => choose(entry)}
            onPointerMove={event => event.currentTarget.focus()}
          >
            <IconOf entry={entry} />
            <span>{labelOf(entry, host)}</span>
          </li>
        )
      )}
    </ul>
  );
}

function isEnabled(
  entry: Exclude<MenuEntry, 'separator'>,
  host: IHost
): boolean {
  return !('command' in entry) || host.isEnabled(entry.command, entry.args);
}

/** Commands that have an icon in a menu. */
const ICONS: Partial<Record<CommandID, IconName>> = {
  [CommandIDs.copyLink]: 'link',
  [CommandIDs.copyURI]: 'copy'
};

/** The icon of a line, or the room for one. */
function IconOf({
  entry
}: {
  entry: Exclude<MenuEntry, 'separator'>;
}): JSX.Element {
  const icon = 'command' in entry ? ICONS[entry.command] : undefined;
  return (
    <span className="jp-OpenEOArtifacts-menuIcon">
      {icon ? <Icon icon={icon} /> : null}
    </span>
  );
}

function labelOf(entry: Exclude<MenuEntry, 'separator'>, host: IHost): string {
  return 'command' in entry
    ? (entry.label ?? host.label(entry.command, entry.args))
    : entry.label;
}

function itemsOf(menu: Element): readonly HTMLElement[] {
  return Array.from(menu.querySelectorAll<HTMLElement>('[role=menuitem]'));
}

function onKey(
  event: React.KeyboardEvent<HTMLElement>,
  close: (focus: boolean) => void
): void {
  const items = itemsOf(event.currentTarget);
  const from = items.indexOf(event.target as HTMLElement);
  const to = destination(event.key, from, items);
  if (event.key === 'Escape' || event.key === 'Tab') {
    close(true);
  } else if (event.key === 'Enter' || event.key === ' ') {
    items[from]?.click();
  } else if (to !== null) {
    items[to]?.focus();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** Which item a key leads to; null where it leads nowhere. */
function destination(
  key: string,
  from: number,
  items: readonly HTMLElement[]
): number | null {
  const { length } = items;
  switch (key) {
    case 'ArrowDown':
      return (from + 1) % length;
    case 'ArrowUp':
      return from < 0 ? length - 1 : (from - 1 + length) % length;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
  }
  if (Array.from(key).length !== 1) {
    return null;
  }
  const wanted = key.toLocaleLowerCase();
  const next = items.findIndex((_, step) =>
    (items[(from + 1 + step) % length]?.textContent ?? '')
      .toLocaleLowerCase()
      .startsWith(wanted)
  );
  return next < 0 ? null : (from + 1 + next) % length;
}

/** Put a menu below its anchor or at a point, as far as the page has room. */
function place(menu: HTMLElement, anchor: HTMLElement, point?: IPoint): void {
  const { left, right, top, bottom } = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const room = {
    x: document.documentElement.clientWidth - width,
    y: document.documentElement.clientHeight - height
  };
  const below = point?.y ?? bottom;
  const y = below <= room.y ? below : point ? room.y : top - height;
  const isRTL = getComputedStyle(menu).direction === 'rtl';
  const beside = isRTL ? (point?.x ?? right) - width : (point?.x ?? left);
  const x = Math.max(0, Math.min(beside, room.x));
  menu.style.inset = `${Math.max(0, y)}px auto auto ${x}px`;
}
