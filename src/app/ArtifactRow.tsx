import * as React from 'react';

import type { Artifact } from '../transport';
import { useServices } from './context';
import {
  dayHeading,
  formatBytes,
  formatHour,
  formatStaged,
  hostOf,
  language
} from '../text/format';
import type { ICellProps } from './Grid';
import type { IRowAction } from './host';
import { Icon } from './Icon';
import { useMenu } from './Menu';
import { Name } from './Name';
import type { ITranslator } from '../text/translator';
import { askedBy, busyProps, useBusy } from './useBusy';
import { type ILinkEnd, describeLinkEnd } from './words';

interface IArtifactRowProps extends ICellProps {
  artifact: Artifact;
  /** The last link that was made to it; absent where it is not known of one. */
  link: ILinkEnd['state'] | undefined;
  /** When that ends (ms). */
  until: number | undefined;
  /** What its time tells: beside the heading of its day the hour, to the second for one of two twins. */
  time: 'hour' | 'second' | 'day';
  /** The day that it is (a number that grows by one). */
  today: number;
}

/** The cells of a staged file, with its link one click away; drawn again only when something of it changes. */
export const ArtifactRow = React.memo(function ArtifactRow({
  artifact,
  link,
  until,
  time,
  tabIndex,
  labelId
}: IArtifactRowProps): JSX.Element {
  const { host, trans } = useServices();
  const { content_type, name, size } = artifact;
  const staged = new Date(artifact.staged_at);
  const now = new Date();
  const hour = formatHour(staged, time === 'second');
  // A panel has a card for what else is known.
  const isWidget = host.line === 'kernel';
  const owner = isWidget ? ownerOf(artifact, trans) : '';
  return (
    <>
      <div role="gridcell" className="jp-OpenEOArtifacts-nameCell">
        <Icon icon={host.kindOf?.(name, content_type) ?? 'other'} />
        <Name text={name} plain={!isWidget} />
      </div>
      <div
        role="gridcell"
        className="jp-OpenEOArtifacts-size"
        title={
          isWidget ? `${staged.toLocaleString(language())}\n${artifact.uri}` : undefined
        }
      >
        <bdi>{formatBytes(size)}</bdi>
      </div>
      <div role="gridcell" className="jp-OpenEOArtifacts-time">
        <bdi>{time === 'day' ? formatStaged(staged, now) : hour}</bdi>
        {owner ? <bdi>{` · ${owner}`}</bdi> : null}
      </div>
      <div role="gridcell" className="jp-OpenEOArtifacts-actions">
        {host.rowActions.map(action => (
          <Action
            key={action.icon}
            action={action}
            artifact={artifact}
            tabIndex={tabIndex}
            link={link}
          />
        ))}
      </div>
      <span
        id={labelId}
        hidden
        aria-label={[
          name,
          formatBytes(size),
          trans.__('staged %1 %2', dayHeading(staged, trans, now), hour),
          ...(link && until !== undefined
            ? [describeLinkEnd({ state: link, until }, trans)]
            : []),
          ...(owner ? [owner] : [])
        ].join(', ')}
      />
    </>
  );
});

/** A button of the row; its menu opens below it. */
function Action({
  action: { named, title, icon, does },
  artifact: { id, name },
  tabIndex,
  link
}: {
  action: IRowAction;
  artifact: Artifact;
  tabIndex: number;
  link: ILinkEnd['state'] | undefined;
}): JSX.Element {
  const { host } = useServices();
  const openMenu = useMenu();
  const [isBusy, run] = useBusy();
  const menu = typeof does === 'function';
  return (
    <button
      type="button"
      className={`jp-OpenEOArtifacts-iconButton${
        icon === 'link' && link ? ` jp-mod-link-${link}` : ''
      }`}
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
      <Icon icon={icon} />
    </button>
  );
}

/** Whose artifact it is and where, for a list of several backends: Alice at openeo.example. */
function ownerOf({ account, backend }: Artifact, trans: ITranslator): string {
  const address = hostOf(backend).split('/')[0];
  return account ? trans.__('%1 at %2', account, address) : String(address);
}
