import * as React from 'react';

import type { Connection } from '../transport';
import { unreachable } from '../model';
import { BackendChooser } from './BackendChooser';
import { formatUntil, hostOf } from '../text/format';
import { useNow, useServices } from './context';
import { IconButton } from './IconButton';
import { useMenu } from './Menu';
import { CommandIDs } from './commands';

/** How often an end is held against the clock (ms). */
const MINUTE = 60_000;

/** Who is signed in where, and the way out. */
export function UserHeader({
  connection
}: {
  connection: Connection;
}): JSX.Element {
  const { host, model, trans } = useServices();
  const openMenu = useMenu();
  // View state: whether another backend is being chosen.
  const [switching, setSwitching] = React.useState(false);
  const address = hostOf(connection.backend);
  const text = connection.user
    ? trans.__('%1 at %2', connection.user, connection.title || address)
    : connection.title || address;
  return (
    <div className="jp-OpenEOArtifacts-user" data-place="user">
      <div className="jp-OpenEOArtifacts-userLine">
        <span className="jp-OpenEOArtifacts-dot" aria-hidden="true" />
        <bdi title={text}>{text}</bdi>
        <IconButton
          icon="more"
          label={trans.__('Account')}
          onClick={event =>
            openMenu(event.currentTarget, [
              {
                label: switching
                  ? trans.__('Stay with this backend')
                  : trans.__('Switch backend…'),
                run: () => setSwitching(!switching)
              },
              {
                label: trans.__('Where my login goes…'),
                run: () =>
                  host
                    .showApproval?.(connection)
                    .catch(error => model.notices.failed(error))
              },
              {
                command: CommandIDs.signOut,
                args: {},
                label: trans.__('Sign out')
              }
            ])
          }
        />
      </div>
      {switching ? <BackendChooser onDone={() => setSwitching(false)} /> : null}
      <Until until={connection.until} />
    </div>
  );
}

/** Until when the login lasts, where it cannot be renewed; else until when the storage's session does. */
function Until({ until }: { until: Connection['until'] }): JSX.Element | null {
  const { trans } = useServices();
  const now = useNow(until ? MINUTE : null);
  if (until === null) {
    return null;
  }
  const end = new Date(until.at);
  const ended = end <= now;
  const time = formatUntil(end, trans, now);
  let words: string;
  let meaning: string | undefined;
  switch (until.what) {
    case 'login':
      words = ended
        ? trans.__('the login ended at %1', time)
        : trans.__('signed in until %1', time);
      break;
    case 'storage':
      if (ended) {
        return null; // the next file, or link, begins another
      }
      words = trans.__('storage session until %1', time);
      meaning = trans.__(
        'It is renewed as long as you are signed in. Links that are made in it end with it.'
      );
      break;
    default:
      return unreachable(until.what);
  }
  return (
    <p className="jp-OpenEOArtifacts-until" title={meaning}>
      <bdi>{words}</bdi>
    </p>
  );
}
