import * as React from 'react';

import type { MenuEntry } from './host';
import { later } from './later';
import type { IOpenedMenu } from './OpenedMenu';

const OpenedMenu = later(async () => (await import('./OpenedMenu')).OpenedMenu);

/** Opens a menu below an element, or at a point. */
export type OpenMenu = (
  anchor: HTMLElement,
  entries: readonly MenuEntry[],
  where?: Pick<IOpenedMenu, 'point' | 'run'>
) => void;

const Opener = React.createContext<OpenMenu>(() => undefined);

export function useMenu(): OpenMenu {
  return React.useContext(Opener);
}

/** Has the one menu that may be open; inside the root, where its styles are. */
export function MenuProvider({
  children
}: {
  children: React.ReactNode;
}): JSX.Element {
  const [opened, setOpened] = React.useState<IOpenedMenu | null>(null);
  const times = React.useRef(0);
  const open = React.useCallback<OpenMenu>((anchor, entries, where) => {
    times.current += 1; // each is shown anew
    setOpened({ anchor, entries, ...where });
  }, []);
  const close = React.useCallback(() => setOpened(null), []);
  return (
    <Opener.Provider value={open}>
      {children}
      {opened ? (
        <OpenedMenu key={times.current} opened={opened} onClose={close} />
      ) : null}
    </Opener.Provider>
  );
}
