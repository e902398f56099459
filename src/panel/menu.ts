import { MenuSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

const NO_ARGS: ReadonlyJSONObject = { type: 'object', properties: {} };

/** One line of a menu. */
export type MenuEntry =
  | {
      readonly command: string;
      readonly args?: ReadonlyPartialJSONObject;
      readonly label?: string;
    }
  | { readonly label: string; readonly onClick: () => void }
  | 'separator';

/**
 * Open a menu below an element, or at a point of the page; the focus returns to the element unless
 * what was chosen takes it elsewhere.
 */
export function openMenu(
  anchor: HTMLElement,
  commands: CommandRegistry,
  entries: readonly MenuEntry[],
  point?: { readonly x: number; readonly y: number }
): void {
  // A registry of its own: these entries are for this one menu.
  const own = new CommandRegistry();
  const menu = new MenuSvg({ commands: own });
  entries.forEach((entry, index) => {
    if (entry === 'separator') {
      menu.addItem({ type: 'separator' });
      return;
    }
    const id = `jupyter-openeo-artifacts:menu-${index}`;
    if ('command' in entry) {
      const { command, args } = entry;
      void own.addCommand(id, {
        describedBy: { args: NO_ARGS },
        label: entry.label ?? commands.label(command, args),
        icon: commands.icon(command, args),
        caption: commands.caption(command, args),
        isEnabled: () => commands.isEnabled(command, args),
        execute: () => commands.execute(command, args)
      });
    } else {
      void own.addCommand(id, {
        describedBy: { args: NO_ARGS },
        label: entry.label,
        execute: entry.onClick
      });
    }
    menu.addItem({ command: id });
  });
  menu.aboutToClose.connect(() => {
    if (menu.node.contains(document.activeElement)) {
      anchor.focus();
    }
    // The command runs after the menu closed.
    requestAnimationFrame(() => menu.dispose());
  });
  const { left, bottom } = anchor.getBoundingClientRect();
  menu.open(point?.x ?? left, point?.y ?? bottom);
}
