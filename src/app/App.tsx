import * as React from 'react';

import {
  type PanelModel,
  type Session,
  type StoredObjects,
  unreachable
} from '../model';
import { Announcer } from './Announcer';
import { ArtifactList, type IListParts } from './ArtifactList';
import { BackendChooser } from './BackendChooser';
import { Card } from './Card';
import { CommandIDs } from './commands';
import {
  PanelSession,
  Services,
  useServices,
  useSession,
  useSlice
} from './context';
import { DropArea } from './DropArea';
import { DropZone } from './DropZone';
import { readFilter, sorted } from './filter';
import type { IHost } from './host';
import { Sprite } from './Icon';
import { IconButton } from './IconButton';
import { InStorage } from './InStorage';
import { KIND_DRAWINGS } from './kindDrawings';
import { MenuProvider } from './Menu';
import { OrderChoice } from './OrderChoice';
import { Outage, OutageNotice } from './OutageNotice';
import { Problem } from './Problem';
import { Question } from './Question';
import { useSelection } from './selection';
import { SelectionBar } from './SelectionBar';
import { SessionAnnouncer } from './SessionAnnouncer';
import { LoginEnded, ServerMissing, SignedOut } from './SignedOut';
import { SigningIn } from './SigningIn';
import { StatusLine } from './StatusLine';
import { UploadList } from './UploadList';
import { UseLogin } from './UseLogin';
import { UserHeader } from './UserHeader';
import { useWindow } from './window';

/** A widget's page does without it. */
const PARTS: IListParts = {
  useSelection,
  readFilter,
  sorted,
  Order: OrderChoice,
  Bar: SelectionBar,
  Card
};

/** The whole panel: who is there, what is going on, what there is, and what was just done. */
export function App({
  model,
  host,
  stored
}: {
  model: PanelModel;
  host: IHost;
  stored: StoredObjects;
}): JSX.Element {
  const services = React.useMemo(
    () => ({ model, host, useRows: useWindow }),
    [model, host]
  );
  return (
    <Services.Provider value={services}>
      <PanelSession.Provider value={model.session}>
        <Sprite more={KIND_DRAWINGS} />
        <MenuProvider>
          <DropArea>
            <Title />
            <Lists stored={stored} />
            <StatusLine />
            <Announcer />
            <SessionAnnouncer />
          </DropArea>
        </MenuProvider>
      </PanelSession.Provider>
    </Services.Provider>
  );
}

/** What is known; while the server does not answer it is greyed. */
function Lists({ stored }: { stored: StoredObjects }): JSX.Element {
  const isLost = useSlice(snapshot => snapshot.outage !== null);
  return (
    <div className={`jp-OpenEOArtifacts-scroll${isLost ? ' jp-mod-lost' : ''}`}>
      {/* Its height tells the lists when something above them grows. */}
      <div>
        <div data-place="state">
          <OutageNotice />
          <SessionView />
        </div>
        <Question />
        <UploadList />
        <ArtifactList parts={PARTS} />
        <InStorage stored={stored} />
      </div>
    </div>
  );
}

function Title(): JSX.Element {
  const { host, trans } = useServices();
  return (
    <div className="jp-OpenEOArtifacts-title">
      <h2 tabIndex={-1}>{trans.__('openEO artifacts')}</h2>
      <IconButton
        icon="refresh"
        label={trans.__('Reload list')}
        onClick={() => host.execute(CommandIDs.refresh)}
      />
    </div>
  );
}

function SessionView(): JSX.Element {
  const { model, trans } = useServices();
  const login = useSession();
  const session: Session = useSlice(snapshot => snapshot.session);
  switch (session.state) {
    case 'loading':
      return (
        <p className="jp-OpenEOArtifacts-hint" tabIndex={-1} data-focus>
          {trans.__('One moment…')}
        </p>
      );
    case 'missing':
      return <ServerMissing />;
    case 'unavailable':
      return session.outage === null ? (
        <Problem
          message={trans.__(
            'The Jupyter server did not answer: %1',
            session.message
          )}
          action={trans.__('Try again')}
          onAction={() => model.refresh()}
        />
      ) : (
        <Outage outage={session.outage} />
      );
    case 'connecting':
      return (
        <>
          <BackendChooser />
          <p
            className="jp-OpenEOArtifacts-hint"
            role="status"
            tabIndex={-1}
            data-focus
          >
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
            onAction={() => login.choose(session.backend)}
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
