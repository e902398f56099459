import * as React from 'react';

import type { IconName } from './drawings';
import { Icon } from './Icon';
import { busyProps, useBusy } from './useBusy';

interface IIconButtonProps {
  icon: IconName;
  /** What it does, in words: its accessible name and its tooltip. */
  label: string;
  /** What it does; it is busy until that has ended. */
  onClick: (
    event: React.MouseEvent<HTMLButtonElement>
  ) => void | Promise<unknown>;
  tabIndex?: number;
}

/** A small button that shows an icon and says its words. */
export function IconButton({
  icon,
  label,
  onClick,
  tabIndex
}: IIconButtonProps): JSX.Element {
  const [isBusy, run] = useBusy();
  return (
    <button
      type="button"
      className="jp-OpenEOArtifacts-iconButton"
      aria-label={label}
      title={label}
      tabIndex={tabIndex}
      {...busyProps(isBusy)}
      onClick={event => run(() => onClick(event), 'nearby')}
    >
      <Icon icon={icon} />
    </button>
  );
}
