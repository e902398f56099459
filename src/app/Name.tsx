import * as React from 'react';

import { splitName, visible } from '../text/format';

/**
 * A file's name: as text, in its own writing direction, cut in its middle where it is too long, whole
 * on hover; `plain` where a card says it then.
 */
export function Name({
  text,
  plain = false
}: {
  text: string;
  plain?: boolean;
}): JSX.Element {
  const whole = visible(text);
  const [start, end] = splitName(whole);
  return (
    <bdi className="jp-OpenEOArtifacts-name" title={plain ? undefined : whole}>
      <span className="jp-OpenEOArtifacts-nameStart">{start}</span>
      {end === '' ? null : (
        <span className="jp-OpenEOArtifacts-nameEnd">{end}</span>
      )}
    </bdi>
  );
}
