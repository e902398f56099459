import * as React from 'react';

/** A file's name: as text, in its own writing direction, cut where it is too long, whole on hover. */
export function Name({ text }: { text: string }): JSX.Element {
  return (
    <bdi className="jp-OpenEOArtifacts-name" title={text}>
      {text}
    </bdi>
  );
}
