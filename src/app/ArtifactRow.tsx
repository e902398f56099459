import * as React from 'react';

import type { Artifact } from '../transport';
import { useServices } from './context';
import { formatBytes, formatStaged, formatUntil, hostOf } from './format';
import type { IRowAction } from './host';
import { Icon } from './Icon';
import { useMenu } from './Menu';
import { Name } from './Name';
import type { ITranslator } from './translator';
import { askedBy, busyProps, useBusy, useRun } from './useBusy';
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
  const { host, trans } = useServices();
  const openMenu = useMenu();
  const run = useRun();
  const { account, id, link_until, name } = artifact;
  const until = link ?? (link_until ? new Date(link_until) : undefined);
  const staged = new Date(artifact.staged_at);
  const detailsId = React.useId();
  const check = describeCheck(artifact, trans);
  return (
    <li
      className="jp-OpenEOArtifacts-row"
      aria-label={name}
      aria-describedby={detailsId}
      {...rowProps}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        // The menu key has no place on the page; the menu then opens below the row.
        openMenu(
          event.currentTarget,
          host.rowMenu(id),
          event.button === 2
            ? { point: { x: event.clientX, y: event.clientY } }
            : undefined
        );
      }}
      onKeyDown={event => {
        if (event.target !== event.currentTarget) {
          return;
        }
        const { key } = event;
        const command =
          key === 'Enter' || key === 'Delete' ? host.rowKeys[key] : undefined;
        if (command !== undefined) {
          event.preventDefault();
          run(() => host.execute(command, { id }), askedBy(command));
        }
      }}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <Icon icon="file" />
        <Name text={name} />
        <span
          id={detailsId}
          className="jp-OpenEOArtifacts-size"
          title={`${staged.toLocaleString()}\n${artifact.uri}`}
        >
          {[
            formatBytes(artifact.size),
            formatStaged(staged, twin),
            ...(host.line === 'kernel' ? [ownerOf(artifact, trans)] : [])
          ].join(' · ')}
        </span>
        <span className="jp-OpenEOArtifacts-actions">
          {host.rowActions.map(action => (
            <Action
              key={action.label}
              action={action}
              artifact={artifact}
              tabIndex={rowProps.tabIndex}
            />
          ))}
        </span>
      </div>
      {check ? (
        <div className="jp-OpenEOArtifacts-words" title={check.meaning}>
          {check.words}
        </div>
      ) : null}
      {host.line === 'server' && account && user && account !== user ? (
        <div className="jp-OpenEOArtifacts-words">
          {trans.__('staged by %1', account)}
        </div>
      ) : null}
      {until && now ? <LinkEnd until={until} now={now} /> : null}
    </li>
  );
});

/** A button of the row; its menu opens below it. */
function Action({
  action: { label, named, title, icon, shown, does },
  artifact: { id, name },
  tabIndex
}: {
  action: IRowAction;
  artifact: Artifact;
  tabIndex: number;
}): JSX.Element {
  const { host } = useServices();
  const openMenu = useMenu();
  const [isBusy, run] = useBusy();
  const menu = typeof does === 'function';
  const text = (
    <span
      className={
        shown === 'icon where it is narrow'
          ? 'jp-OpenEOArtifacts-copyText'
          : undefined
      }
    >
      {label}
    </span>
  );
  return (
    <button
      type="button"
      className="jp-OpenEOArtifacts-action"
      aria-label={named(name)}
      aria-haspopup={menu ? 'menu' : undefined}
      title={title}
      tabIndex={tabIndex}
      {...busyProps(isBusy)}
      onClick={event => {
        if (menu) {
          openMenu(event.currentTarget, does(id), { run });
        } else {
          run(() => host.execute(does, { id }), askedBy(does));
        }
      }}
    >
      {menu ? text : <Icon icon={icon} />}
      {menu ? <Icon icon={icon} /> : text}
    </button>
  );
}

/** Whose artifact it is and where, for a list of several backends: Alice at openeo.example. */
function ownerOf({ account, backend }: Artifact, trans: ITranslator): string {
  const address = hostOf(backend).split('/')[0];
  return account ? trans.__('%1 at %2', account, address) : String(address);
}

/** Until when the last link is valid: plain, amber under an hour, or over. */
function LinkEnd({ until, now }: { until: Date; now: Date }): JSX.Element {
  const { trans } = useServices();
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
