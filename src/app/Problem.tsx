import * as React from 'react';

interface IProblemProps {
  message: string;
  todo?: string;
  action?: string;
  onAction?: () => void;
}

/** One sentence of what happened, what to do, and one button. */
export function Problem({
  message,
  todo,
  action,
  onAction
}: IProblemProps): JSX.Element {
  return (
    <div className="jp-OpenEOArtifacts-problem" role="alert">
      <p>{message}</p>
      {todo ? <p>{todo}</p> : null}
      {action ? (
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          onClick={onAction}
        >
          {action}
        </button>
      ) : null}
    </div>
  );
}
