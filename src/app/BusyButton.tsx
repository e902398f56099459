import * as React from 'react';

import { type Work, busyProps, useBusy } from './useBusy';

/** A button with words, busy until what it does has ended. */
export function BusyButton({
  className,
  work,
  children
}: {
  className: string;
  work: Work;
  children: React.ReactNode;
}): JSX.Element {
  const [isBusy, run] = useBusy();
  return (
    <button
      type="button"
      className={className}
      {...busyProps(isBusy)}
      onClick={() => run(work)}
    >
      {children}
    </button>
  );
}
