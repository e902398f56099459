import * as React from 'react';

import type { ArtifactsModel } from '../model';
import { sentence } from '../model';
import { Announcer } from './Announcer';
import { ArtifactList } from './ArtifactList';
import { Services, useServices, useSlice } from './context';
import { DropArea } from './DropArea';
import { Zone } from './DropZone';
import type { IHost } from './host';
import { Sprite } from './Icon';
import { later } from './later';
import { MenuProvider } from './Menu';
import { OutageNotice } from './OutageNotice';
import { Problem } from './Problem';
import { StatusLine } from './StatusLine';
import { UploadList } from './UploadList';

const Question = later(async () => (await import('./Question')).Question);

/** The uploader in the output of a cell: what is dropped there, and what came of it. */
export function Uploader({
  model,
  host,
  children
}: {
  model: ArtifactsModel;
  host: IHost;
  /** What the host adds at the end. */
  children?: React.ReactNode;
}): JSX.Element {
  const services = React.useMemo(() => ({ model, host }), [model, host]);
  return (
    <Services.Provider value={services}>
      <Sprite />
      <MenuProvider>
        <DropArea>
          <OutageNotice />
          <LoginNotice />
          <Files />
          <Question />
          <UploadList />
          <ArtifactList />
          {children}
          <StatusLine />
          <Announcer />
        </DropArea>
      </MenuProvider>
    </Services.Provider>
  );
}

function Files(): JSX.Element {
  const { trans } = useServices();
  return <Zone text={trans.__('Drop files here, or')} />;
}

/** Why the kernel has no login, or cannot use the one it has. */
function LoginNotice(): JSX.Element | null {
  const session = useSlice(snapshot => snapshot.session);
  const problem =
    session.state === 'refused'
      ? session.problem
      : session.state === 'signed_in' || session.state === 'signed_out'
        ? session.connection.problem
        : null;
  return problem ? <Problem message={sentence(problem)} /> : null;
}
