import * as React from 'react';

import { splitName, visible } from './format';

/**
 * A file's name: as text, in its own writing direction, cut in its middle where it is too long, whole
 * on hover.
 */
export function Name({ text }: { text: string }): JSX.Element {
  const whole = visible(text);
  const [start, end] = splitName(whole);
  return (
    <bdi className="jp-OpenEOArtifacts-name" title={whole}>
      <span className="jp-OpenEOArtifacts-nameStart">{start}</span>
      {end === '' ? null : (
        <span className="jp-OpenEOArtifacts-nameEnd">{end}</span>
      )}
    </bdi>
  );
}
