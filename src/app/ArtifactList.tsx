import * as React from 'react';

import type { Artifact } from '../transport';
import { dayHeading, twinsOf } from './format';
import { connectionOf } from '../model';
import { ArtifactRow } from './ArtifactRow';
import { BusyButton } from './BusyButton';
import { useNow, useServices, useSlice } from './context';
import { useRoving } from './useRoving';

/** How often the ends of links are looked at again (ms). */
const LOOK = 30_000;

/** What is staged at the backend in use, newest first. */
export function ArtifactList(): JSX.Element | null {
  const { host, model, trans } = useServices();
  const session = useSlice(snapshot => snapshot.session);
  const artifacts = useSlice(snapshot => snapshot.artifacts);
  const olderArtifacts = useSlice(snapshot => snapshot.olderArtifacts);
  const links = useSlice(snapshot => snapshot.links);
  const idle = useSlice(
    ({ uploads, queuedFiles }) => uploads.length + queuedFiles.length === 0
  );
  const hasLink = ({ id, link_until }: Artifact): boolean =>
    links.has(id) || link_until !== null;
  const now = useNow(artifacts.some(hasLink) ? LOOK : null);
  // View state: what the list is narrowed to.
  const [filter, setFilter] = React.useState('');
  const headingId = React.useId();
  const connection = connectionOf(session);
  // A kernel tells only what is this widget's.
  const here =
    host.line === 'kernel'
      ? artifacts
      : artifacts.filter(artifact => artifact.connection === connection?.id);
  const wanted = filter.trim().toLocaleLowerCase();
  const shown = here.filter(({ name }) =>
    name.toLocaleLowerCase().includes(wanted)
  );
  const twins = React.useMemo(() => twinsOf(artifacts), [artifacts]);
  const roving = useRoving(shown.map(({ id }) => id));
  if (!connection && here.length === 0) {
    return null;
  }
  if (here.length === 0) {
    return session.state === 'signed_in' &&
      connection?.storage.state !== 'none' &&
      idle ? (
      <p className="jp-OpenEOArtifacts-hint">
        {host.line === 'kernel'
          ? trans.__(
              'Nothing was staged here yet. Drop a GeoParquet, a model or a zip: your job can read it a moment later.'
            )
          : trans.__(
              'You have not staged any files from this server yet. Drop a GeoParquet, a model or a zip: your job can read it a moment later.'
            )}
      </p>
    ) : null;
  }
  return (
    <section
      className="jp-OpenEOArtifacts-section"
      aria-labelledby={headingId}
      onKeyDown={roving.onKeyDown}
    >
      <div className="jp-OpenEOArtifacts-sectionHead">
        <h3 id={headingId} tabIndex={-1}>
          {olderArtifacts === null
            ? trans.__('Artifacts (%1)', here.length)
            : trans.__('Artifacts (the newest %1)', here.length)}
        </h3>
        <input
          type="search"
          className="jp-mod-styled"
          aria-label={trans.__('Filter artifacts')}
          placeholder={trans.__('Filter')}
          value={filter}
          onChange={event => setFilter(event.currentTarget.value)}
          onKeyDown={event => {
            // The list's own keys; JupyterLab's shortcuts stay.
            if (!event.ctrlKey && !event.metaKey && !event.altKey) {
              event.stopPropagation();
            }
          }}
        />
      </div>
      {shown.length === 0 ? (
        <p className="jp-OpenEOArtifacts-hint">
          {olderArtifacts === null
            ? trans.__('No name contains “%1”.', filter.trim())
            : trans.__(
                'None of the newest %1 names contains “%2”.',
                here.length,
                filter.trim()
              )}
        </p>
      ) : null}
      {groupByDay(shown, artifact =>
        dayHeading(new Date(artifact.staged_at), trans)
      ).map(([heading, group]) => (
        <React.Fragment key={heading}>
          <h4>{heading}</h4>
          <ul role="list" aria-label={heading}>
            {group.map(artifact => (
              <ArtifactRow
                key={artifact.id}
                artifact={artifact}
                link={links.get(artifact.id)}
                user={connection?.user ?? null}
                twin={twins.has(artifact)}
                now={hasLink(artifact) ? now : undefined}
                rowProps={roving.rowProps(artifact.id)}
              />
            ))}
          </ul>
        </React.Fragment>
      ))}
      {olderArtifacts === null ? null : (
        <BusyButton
          className="jp-mod-styled"
          work={() =>
            model.showOlder().catch(error => model.notices.failed(error))
          }
        >
          {trans.__('Show older artifacts')}
        </BusyButton>
      )}
    </section>
  );
}

function groupByDay(
  artifacts: readonly Artifact[],
  headingOf: (artifact: Artifact) => string
): readonly (readonly [string, readonly Artifact[]])[] {
  const groups = new Map<string, Artifact[]>();
  for (const artifact of artifacts) {
    const heading = headingOf(artifact);
    const group = groups.get(heading);
    if (group) {
      group.push(artifact);
    } else {
      groups.set(heading, [artifact]);
    }
  }
  return [...groups];
}
