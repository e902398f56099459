import * as React from 'react';

import type { IconName } from './drawings';
import { Icon } from './Icon';

interface IIconButtonProps {
  icon: IconName;
  /** What it does, in words: its accessible name and its tooltip. */
  label: string;
  onClick: (event: React.MouseEvent<HTMLButtonElement>) => void;
  tabIndex?: number;
}

/** A small button that shows an icon and says its words. */
export function IconButton({
  icon,
  label,
  onClick,
  tabIndex
}: IIconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className="jp-OpenEOArtifacts-iconButton"
      aria-label={label}
      title={label}
      tabIndex={tabIndex}
      onClick={onClick}
    >
      <Icon icon={icon} />
    </button>
  );
}
