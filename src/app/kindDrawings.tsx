import * as React from 'react';

import type { Kind } from './kinds';

/** The drawings of kinds of files, each 24 by 24; `other` is in those that each page has. */
export const KIND_DRAWINGS: Readonly<
  Record<Exclude<Kind, 'other'>, JSX.Element>
> = {
  raster: <path d="M4 4h16v16H4zM4 12h16M12 4v16M16 12v8M12 16h8" />,
  vector: <path d="m5 8 8-4 6 6-4 9-9-2z" />,
  table: <path d="M3 5h18v14H3zM3 10h18M9 5v14" />,
  model: (
    <path d="M5 6v.01M5 18v.01M12 12v.01M19 6v.01M19 18v.01M5 6l7 6 7-6M5 18l7-6 7 6" />
  ),
  archive: <path d="M4 4h16v5H4zM5.5 9v11h13V9M10 13h4" />,
  text: <path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6" />
};
