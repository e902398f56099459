import { caretDownIcon, fileIcon, linkIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Artifact } from '../api';
import { CommandIDs } from '../commands';
import { formatBytes, formatStaged, formatUntil } from '../format';
import type { InsertKind } from '../insert';
import { usePanel } from './context';
import { Icon } from './Icon';
import { type MenuEntry, openMenu } from './menu';
import { Name } from './Name';
import type { IRowProps } from './useRoving';
import { describeCheck } from './words';

/** A link that ends sooner than this is shown in amber (ms). */
const SOON = 3_600_000;

interface IArtifactRowProps {
  artifact: Artifact;
  /** Until when the last link made in this page is valid. */
  link: Date | undefined;
  /** Who is signed in; null if the backend does not say. */
  user: string | null;
  /** Whether another one has its name and its minute. */
  twin: boolean;
  /** The time; absent where there is no link whose end comes nearer. */
  now: Date | undefined;
  rowProps: IRowProps;
}

/** One staged file, with its link one click away; drawn again only when something of it changes. */
export const ArtifactRow = React.memo(function ArtifactRow({
  artifact,
  link,
  user,
  twin,
  now,
  rowProps
}: IArtifactRowProps): JSX.Element {
  const { commands, inserter, trans } = usePanel();
  const { account, id, link_until, name } = artifact;
  const until = link ?? (link_until ? new Date(link_until) : undefined);
  const staged = new Date(artifact.staged_at);
  const detailsId = React.useId();
  const check = describeCheck(artifact, trans);
  const row = React.useRef<HTMLLIElement>(null);
  const inserts = (): readonly MenuEntry[] => {
    const kinds: readonly InsertKind[] = ['reference', 'uri', 'link'];
    const first = inserter.preferences.kind;
    return [first, ...kinds.filter(kind => kind !== first)].map(how => ({
      command: CommandIDs.insert,
      args: { id, how }
    }));
  };
  const openFullMenu = (point?: { x: number; y: number }): void => {
    if (row.current) {
      openMenu(
        row.current,
        commands,
        [
          ...inserts(),
          'separator',
          { command: CommandIDs.copyLink, args: { id } },
          { command: CommandIDs.copyURI, args: { id } },
          'separator',
          { command: CommandIDs.forgetArtifact, args: { id } }
        ],
        point
      );
    }
  };
  return (
    <li
      ref={row}
      className="jp-OpenEOArtifacts-row"
      aria-label={name}
      aria-describedby={detailsId}
      {...rowProps}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        // The menu key has no place on the page; the menu then opens below the row.
        openFullMenu(
          event.button === 2
            ? { x: event.clientX, y: event.clientY }
            : undefined
        );
      }}
      onKeyDown={event => {
        if (event.target !== event.currentTarget) {
          return;
        }
        if (event.key === 'Enter') {
          event.preventDefault();
          void commands.execute(CommandIDs.insert, { id });
        } else if (event.key === 'Delete') {
          void commands.execute(CommandIDs.forgetArtifact, { id });
        }
      }}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <Icon icon={fileIcon} />
        <Name text={name} />
        <span
          id={detailsId}
          className="jp-OpenEOArtifacts-size"
          title={`${staged.toLocaleString()}\n${artifact.uri}`}
        >
          {`${formatBytes(artifact.size)} · ${formatStaged(staged, twin)}`}
        </span>
        <span className="jp-OpenEOArtifacts-actions">
          <button
            type="button"
            className="jp-OpenEOArtifacts-action"
            aria-label={trans.__('Copy link to %1', name)}
            title={trans.__(
              'Copy a new link with the longest lifetime possible'
            )}
            tabIndex={rowProps.tabIndex}
            onClick={() => void commands.execute(CommandIDs.copyLink, { id })}
          >
            <Icon icon={linkIcon} />
            <span className="jp-OpenEOArtifacts-copyText">
              {trans.__('Copy link')}
            </span>
          </button>
          <button
            type="button"
            className="jp-OpenEOArtifacts-action"
            aria-label={trans.__('Insert %1', name)}
            aria-haspopup="menu"
            tabIndex={rowProps.tabIndex}
            onClick={event =>
              openMenu(event.currentTarget, commands, [
                ...inserts(),
                'separator',
                { command: CommandIDs.copyURI, args: { id } },
                { command: CommandIDs.forgetArtifact, args: { id } }
              ])
            }
          >
            <span>{trans.__('Insert')}</span>
            <Icon icon={caretDownIcon} />
          </button>
        </span>
      </div>
      {check ? (
        <div className="jp-OpenEOArtifacts-words" title={check.meaning}>
          {check.words}
        </div>
      ) : null}
      {account && user && account !== user ? (
        <div className="jp-OpenEOArtifacts-words">
          {trans.__('staged by %1', account)}
        </div>
      ) : null}
      {until && now ? <LinkEnd until={until} now={now} /> : null}
    </li>
  );
});

/** Until when the last link is valid: plain, amber under an hour, or over. */
function LinkEnd({ until, now }: { until: Date; now: Date }): JSX.Element {
  const { trans } = usePanel();
  const left = until.getTime() - now.getTime();
  return (
    <div
      className={`jp-OpenEOArtifacts-words${left < SOON ? ' jp-mod-soon' : ''}`}
    >
      {left > 0
        ? trans.__('link valid until %1', formatUntil(until, trans, now))
        : trans.__('the last link has expired: copy a new one')}
    </div>
  );
}
