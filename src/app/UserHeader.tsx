import * as React from 'react';

import type { Connection } from '../transport';
import { BackendChooser } from './BackendChooser';
import { hostOf } from './format';
import { useServices } from './context';
import { IconButton } from './IconButton';
import { useMenu } from './Menu';
import { CommandIDs } from './commands';

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
    <div className="jp-OpenEOArtifacts-user">
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
      {switching ? (
        <BackendChooser onChosen={() => setSwitching(false)} />
      ) : null}
    </div>
  );
}
