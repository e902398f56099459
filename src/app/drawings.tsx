import * as React from 'react';

/** The drawings, each 24 by 24; strokes and fills take the colour of the text beside them. */
export const DRAWINGS = {
  artifacts: (
    <>
      <path d="M4.2 12.5a8 8 0 1 1 15.6 0" />
      <path d="M12 3v9.5M9.2 10l2.8 2.9 2.8-2.9" />
      <path
        d="M8.6 12.5C7.6 8.6 8.7 5 12 2.8c3.3 2.2 4.4 5.8 3.4 9.7"
        opacity=".55"
      />
      <path d="M3 15.5v3.6c0 .9.7 1.6 1.6 1.6h14.8c.9 0 1.6-.7 1.6-1.6v-3.6h-5.2c-.4 1.5-1.9 2.3-3.8 2.3s-3.4-.8-3.8-2.3z" />
    </>
  ),
  caret: <path d="m7 10 5 5 5-5" />,
  close: <path d="m6 6 12 12M18 6 6 18" />,
  copy: <path d="M9 8h10v12H9zM6 16H5V4h10v1" />,
  insert: <path d="M5 5h14M12 9v11M8 16l4 4 4-4" />,
  link: (
    <path d="M10 13.5a4 4 0 0 0 5.7.3l3-3a4 4 0 0 0-5.7-5.6l-1.3 1.2M14 10.5a4 4 0 0 0-5.7-.3l-3 3a4 4 0 0 0 5.7 5.6l1.3-1.2" />
  ),
  more: <path d="M5 12h.01M12 12h.01M19 12h.01" strokeWidth="3.5" />,
  other: <path d="M6 3h8l4 4v14H6zM14 3v4h4" />,
  pause: <path d="M8.5 5v14M15.5 5v14" />,
  play: <path d="m8 5 11 7-11 7z" />,
  refresh: <path d="M19.5 13a7.5 7.5 0 1 1-2-6.3L19.5 9M19.5 4v5h-5" />
} as const;

export type IconName = keyof typeof DRAWINGS;
