import * as React from 'react';

import { useServices } from './context';

interface IListHeadProps {
  headingId: string;
  title: string;
  typed: string;
  onTyped: (typed: string) => void;
  /** What is wrong with what was typed, in a sentence. */
  wrong: string | null;
  /** What can be typed, where that is more than a part of a name. */
  placeholder: string;
  tip?: string;
  children?: React.ReactNode;
}

/** What stays in view above a list: its heading, the filter and the order. */
export function ListHead({
  headingId,
  title,
  typed,
  onTyped,
  wrong,
  placeholder,
  tip,
  children
}: IListHeadProps): JSX.Element {
  const { trans } = useServices();
  const wrongId = React.useId();
  return (
    <StickyHead>
      <h3 id={headingId} tabIndex={-1}>
        {title}
      </h3>
      <input
        type="search"
        className="jp-mod-styled"
        aria-label={trans.__('Filter artifacts')}
        aria-describedby={wrong === null ? undefined : wrongId}
        placeholder={placeholder}
        title={tip}
        value={typed}
        onChange={event => onTyped(event.currentTarget.value)}
        onKeyDown={event => {
          // The list's own keys; JupyterLab's shortcuts stay.
          if (!event.ctrlKey && !event.metaKey && !event.altKey) {
            event.stopPropagation();
          }
        }}
      />
      {children}
      <p
        id={wrongId}
        className="jp-OpenEOArtifacts-words jp-mod-soon"
        aria-live="polite"
      >
        {wrong}
      </p>
    </StickyHead>
  );
}

/** The head of a section, which stays in view. */
export function StickyHead({
  children
}: {
  children: React.ReactNode;
}): JSX.Element {
  return <div className="jp-OpenEOArtifacts-sectionHead">{children}</div>;
}
