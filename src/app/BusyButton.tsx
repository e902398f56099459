import * as React from 'react';

import { type Work, busyProps, useBusy } from './useBusy';

/** A button with words, busy until what it does has ended. */
export function BusyButton({
  className,
  work,
  children,
  'data-focus': first
}: {
  className: string;
  work: Work;
  /** Whether it is what to do first in its place, so that the focus goes to it. */
  'data-focus'?: boolean;
  children: React.ReactNode;
}): JSX.Element {
  const [isBusy, run] = useBusy();
  return (
    <button
      type="button"
      className={className}
      data-focus={first}
      {...busyProps(isBusy)}
      onClick={() => run(work)}
    >
      {children}
    </button>
  );
}
