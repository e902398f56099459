import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { type Session, unreachable } from '../model';
import { Announcer } from './Announcer';
import { ArtifactList } from './ArtifactList';
import { BackendChooser } from './BackendChooser';
import { usePanel, useSlice } from './context';
import { DropZone } from './DropZone';
import { IconButton } from './IconButton';
import { UploadList } from './UploadList';
import { OutageNotice, describeOutage } from './OutageNotice';
import type { ArtifactsPanel } from './panel';
import { LoginEnded, Problem, ServerMissing, SignedOut } from './SignedOut';
import { SigningIn } from './SigningIn';
import { StatusLine } from './StatusLine';
import { UseLogin } from './UseLogin';
import { UserHeader } from './UserHeader';

/** The whole panel: who is there, what is going on, what there is, and what was just done. */
export function App({ panel }: { panel: ArtifactsPanel }): JSX.Element {
  const { commands, trans } = usePanel();
  const session = useSlice(snapshot => snapshot.session);
  const hovering = useHovering(panel);
  return (
    <div
      className={`jp-OpenEOArtifacts-body${hovering ? ' jp-mod-dropTarget' : ''}`}
    >
      <header className="jp-OpenEOArtifacts-title">
        <h2>{trans.__('openEO artifacts')}</h2>
        <IconButton
          icon={refreshIcon}
          label={trans.__('Reload list')}
          onClick={() => void commands.execute(CommandIDs.refresh)}
        />
      </header>
      <div className="jp-OpenEOArtifacts-scroll">
        <OutageNotice />
        <SessionView session={session} />
        <UploadList />
        <ArtifactList />
      </div>
      <StatusLine />
      <Announcer />
    </div>
  );
}

function SessionView({ session }: { session: Session }): JSX.Element {
  const { model, trans } = usePanel();
  switch (session.state) {
    case 'loading':
      return (
        <p className="jp-OpenEOArtifacts-hint">{trans.__('One moment…')}</p>
      );
    case 'missing':
      return <ServerMissing />;
    case 'unavailable':
      return (
        <Problem
          message={
            session.outage === null
              ? trans.__(
                  'The Jupyter server did not answer: %1',
                  session.message
                )
              : describeOutage(session.outage, trans)
          }
          action={trans.__('Try again')}
          onAction={() => void model.refresh()}
        />
      );
    case 'connecting':
      return (
        <>
          <BackendChooser />
          <p className="jp-OpenEOArtifacts-hint" role="status">
            {trans.__('Asking the backend…')}
          </p>
        </>
      );
    case 'refused':
      return (
        <>
          <BackendChooser />
          <Problem
            message={session.problem.message}
            todo={session.problem.todo}
            action={trans.__('Try again')}
            onAction={() => void model.session.choose(session.backend)}
          />
        </>
      );
    case 'closed':
      return (
        <>
          <BackendChooser />
          <SignedOut problem={null} destination={null} />
        </>
      );
    case 'signed_out': {
      const { problem, destination } = session.connection;
      return (
        <>
          <BackendChooser />
          {problem?.code === 'login_to_confirm' && destination ? (
            <UseLogin problem={problem} destination={destination} />
          ) : (
            <SignedOut problem={problem} destination={destination} />
          )}
        </>
      );
    }
    case 'login_ended':
      return (
        <>
          <BackendChooser />
          <LoginEnded login={session.login} />
        </>
      );
    case 'signing_in':
      return (
        <SigningIn
          login={session.login}
          destination={session.connection.destination}
        />
      );
    case 'signed_in':
      return (
        <>
          <UserHeader connection={session.connection} />
          <DropZone connection={session.connection} />
        </>
      );
    default:
      return unreachable(session);
  }
}

function useHovering(panel: ArtifactsPanel): boolean {
  return React.useSyncExternalStore(
    React.useCallback(
      onChange => {
        panel.hoveringChanged.connect(onChange);
        return () => {
          panel.hoveringChanged.disconnect(onChange);
        };
      },
      [panel]
    ),
    () => panel.hovering
  );
}
