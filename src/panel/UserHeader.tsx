import { ellipsesIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Connection } from '../api';
import { BackendChooser, hostOf } from './BackendChooser';
import { usePanel } from './context';
import { IconButton } from './IconButton';
import { openMenu } from './menu';
import { CommandIDs } from '../commands';
import { problemOf, sentence } from '../model';
import { showApproval } from './UseLogin';

/** Who is signed in where, and the way out. */
export function UserHeader({
  connection
}: {
  connection: Connection;
}): JSX.Element {
  const { commands, model, trans } = usePanel();
  // View state: whether another backend is being chosen.
  const [switching, setSwitching] = React.useState(false);
  const host = hostOf(connection.backend);
  const text = connection.user
    ? trans.__('%1 at %2', connection.user, connection.title || host)
    : connection.title || host;
  return (
    <div className="jp-OpenEOArtifacts-user">
      <div className="jp-OpenEOArtifacts-userLine">
        <span className="jp-OpenEOArtifacts-dot" aria-hidden="true" />
        <bdi title={text}>{text}</bdi>
        <IconButton
          icon={ellipsesIcon}
          label={trans.__('Account')}
          onClick={event =>
            openMenu(event.currentTarget, commands, [
              {
                label: switching
                  ? trans.__('Stay with this backend')
                  : trans.__('Switch backend…'),
                onClick: () => setSwitching(!switching)
              },
              {
                label: trans.__('Where my login goes…'),
                onClick: () =>
                  void showApproval(connection, model.session, trans).catch(
                    error => model.notices.fail(sentence(problemOf(error)))
                  )
              },
              { command: CommandIDs.signOut, label: trans.__('Sign out') }
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
