import * as React from 'react';

import { BusyButton } from './BusyButton';

interface IProblemProps {
  message: string;
  todo?: string;
  action?: string;
  /** What it does; it is busy until that has ended. */
  onAction?: () => void | Promise<unknown>;
  /** Another way on, beside the button. */
  children?: React.ReactNode;
}

/** One sentence of what happened, what to do, and one button. */
export function Problem({
  message,
  todo,
  action,
  onAction,
  children
}: IProblemProps): JSX.Element {
  return (
    <div className="jp-OpenEOArtifacts-problem" role="alert">
      <p>{message}</p>
      {todo ? <p>{todo}</p> : null}
      {action ? (
        <BusyButton
          className="jp-mod-styled jp-mod-accept"
          data-focus
          work={() => onAction?.()}
        >
          {action}
        </BusyButton>
      ) : null}
      {children}
    </div>
  );
}
