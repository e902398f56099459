import * as React from 'react';

import { useServices } from './context';
import { DRAWINGS, type IconName } from './drawings';
import type { Kind } from './kinds';

/** An icon's id, another one in a panel than in a widget: they may share a document. */
function idOf(name: string, line: string): string {
  return `jp-OpenEOArtifacts-${line}-${name}`;
}

/** All drawings, once in each root, so that icons find them where a root is a shadow. */
export const Sprite = React.memo(function Sprite({
  more = {}
}: {
  /** Drawings that not each page has. */
  more?: Readonly<Record<string, JSX.Element>>;
}): JSX.Element {
  const { line } = useServices().host;
  return (
    <svg className="jp-OpenEOArtifacts-sprite" aria-hidden="true">
      {Object.entries({ ...DRAWINGS, ...more }).map(([name, drawing]) => (
        <symbol key={name} id={idOf(name, line)} viewBox="0 0 24 24">
          {drawing}
        </symbol>
      ))}
    </svg>
  );
});

/** A picture beside words. */
export function Icon({
  icon,
  size = 16
}: {
  icon: IconName | Kind;
  /** Width and height (px). */
  size?: number;
}): JSX.Element {
  const { line } = useServices().host;
  return (
    <svg
      className="jp-OpenEOArtifacts-icon"
      width={size}
      height={size}
      aria-hidden="true"
    >
      <use href={`#${idOf(icon, line)}`} />
    </svg>
  );
}
