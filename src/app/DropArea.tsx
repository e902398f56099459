import * as React from 'react';

import { DropTarget } from '../files/target';
import { useServices } from './context';

/** The body of the application, all of which takes drops. */
export function DropArea({
  children
}: {
  children: React.ReactNode;
}): JSX.Element {
  const { host } = useServices();
  const body = React.useRef<HTMLDivElement>(null);
  // View state: whether a drag that could be dropped is over it.
  const [hovering, setHovering] = React.useState(false);
  React.useEffect(() => {
    if (!body.current) {
      return undefined;
    }
    const target = new DropTarget(body.current, {
      onHover: setHovering,
      onDropped: dropped => void host.take(dropped),
      onPaths: paths => host.takePaths?.(paths)
    });
    return () => target.dispose();
  }, [host]);
  return (
    <div
      ref={body}
      className={`jp-OpenEOArtifacts-body${hovering ? ' jp-mod-dropTarget' : ''}`}
    >
      {children}
    </div>
  );
}
