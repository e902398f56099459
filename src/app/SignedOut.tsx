import * as React from 'react';

import type {
  Login,
  LoginDestination,
  Problem as WireProblem
} from '../transport';
import { unreachable } from '../model';
import { BusyButton } from './BusyButton';
import { useServices, useSession } from './context';
import { Problem } from './Problem';
import { Whither } from './UseLogin';

/** What to type where our server extension is switched off. */
const ENABLE = 'jupyter server extension enable jupyter_openeo_artifacts';

/** An invitation to sign in; where the last use failed, with why. */
export function SignedOut({
  problem,
  destination
}: {
  problem: WireProblem | null;
  destination: LoginDestination | null;
}): JSX.Element {
  const { trans } = useServices();
  const session = useSession();
  return (
    <div className="jp-OpenEOArtifacts-signIn">
      {problem ? (
        <Problem message={problem.message} todo={problem.todo} />
      ) : null}
      <p>{trans.__('Sign in to stage files for your openEO jobs.')}</p>
      <Whither destination={destination} />
      <BusyButton
        className="jp-mod-styled jp-mod-accept"
        data-focus
        work={() => session.signIn()}
      >
        {trans.__('Sign in')}
      </BusyButton>
    </div>
  );
}

/** A login that ended without one, said in the place where the code was. */
export function LoginEnded({ login }: { login: Login }): JSX.Element {
  const { trans } = useServices();
  const session = useSession();
  let message: string;
  switch (login.state) {
    case 'denied':
      message = trans.__('The sign-in was denied.');
      break;
    case 'expired':
      message = trans.__('The code has expired before it was entered.');
      break;
    case 'cancelled':
      message = trans.__('The sign-in was cancelled.');
      break;
    case 'failed':
    case 'pending':
    case 'signed_in':
      message = login.problem?.message ?? trans.__('The sign-in failed.');
      break;
    default:
      return unreachable(login.state);
  }
  return (
    <Problem
      message={message}
      todo={login.state === 'failed' ? login.problem?.todo : undefined}
      action={trans.__('Try again')}
      onAction={() => session.signIn()}
    />
  );
}

/** The server extension does not answer: what to type. */
export function ServerMissing(): JSX.Element {
  const { model, trans } = useServices();
  return (
    <div className="jp-OpenEOArtifacts-problem" role="alert">
      <p>
        {trans.__('The server side is not running. In a terminal:')}{' '}
        <code>{ENABLE}</code>
        {trans.__(', then restart.')}
      </p>
      <BusyButton
        className="jp-mod-styled jp-mod-accept"
        data-focus
        work={() => model.refresh()}
      >
        {trans.__('Try again')}
      </BusyButton>
    </div>
  );
}
