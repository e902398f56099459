import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

/**
 * A picture, drawn once.
 *
 * `LabIcon.react` leaves and joins the icon's signal at every render (its effect has no
 * dependencies), each time with a search through all listeners: too much for the rows of a list.
 */
export const Icon = React.memo(function Icon({
  icon,
  size = 16
}: {
  icon: LabIcon;
  /** Width and height (px). */
  size?: number;
}): JSX.Element {
  const host = React.useRef<HTMLSpanElement>(null);
  React.useLayoutEffect(() => {
    const container = host.current;
    if (container) {
      icon.element({ container, width: `${size}px`, height: `${size}px` });
    }
  }, [icon, size]);
  return <span ref={host} aria-hidden="true" />;
});
