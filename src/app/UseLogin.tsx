import * as React from 'react';

import type { Connection, LoginDestination, Problem } from '../transport';
import { unreachable } from '../model';
import { BusyButton } from './BusyButton';
import { useServices, useSession } from './context';
import type { ITranslator } from '../text/translator';

/** The question whether a login that is there may be used at a backend, and who would receive it. */
export function UseLogin({
  problem,
  destination
}: {
  problem: Problem;
  destination: LoginDestination;
}): JSX.Element {
  const { model, trans } = useServices();
  const session = useSession();
  return (
    <div className="jp-OpenEOArtifacts-problem" role="alert">
      <p tabIndex={-1} data-focus>
        <bdi>{problem.message}</bdi>
      </p>
      {destination.service ? (
        <p>
          {trans.__(
            'Only the administrator’s list or the command line can agree for a service account.'
          )}
        </p>
      ) : (
        <div className="jp-OpenEOArtifacts-answers">
          <BusyButton
            className="jp-mod-styled jp-mod-accept"
            work={() =>
              session
                .useLogin(destination)
                .catch(error => model.notices.failed(error))
            }
          >
            {trans.__('Use my login there')}
          </BusyButton>
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => session.notNow()}
          >
            {trans.__('Not now')}
          </button>
        </div>
      )}
    </div>
  );
}

/** Who will receive a login, before there is one. */
export function Whither({
  destination
}: {
  destination: LoginDestination | null;
}): JSX.Element | null {
  const { trans } = useServices();
  return destination ? (
    <p className="jp-OpenEOArtifacts-words">
      <bdi>{whither(destination, trans)}</bdi>
    </p>
  ) : null;
}

/** Whom the login of a connection is for, and why, in words. */
export function describeApproval(
  { approved, destination }: Connection,
  trans: ITranslator
): string {
  return destination
    ? [whither(destination, trans), why(approved, trans)].join(' ')
    : '';
}

function whither(destination: LoginDestination, trans: ITranslator): string {
  const issuer = hosts([destination.issuer]);
  const backend = hosts([destination.backend]);
  const sts = hosts(destination.sts);
  const s3 = hosts(destination.s3);
  if (sts && s3) {
    return trans.__(
      'Your login at %1 goes to the backend %2, its STS %3 and its storage %4.',
      issuer,
      backend,
      sts,
      s3
    );
  }
  if (sts) {
    return trans.__(
      'Your login at %1 goes to the backend %2 and its STS %3.',
      issuer,
      backend,
      sts
    );
  }
  if (s3) {
    return trans.__(
      'Your login at %1 goes to the backend %2 and its storage %3.',
      issuer,
      backend,
      s3
    );
  }
  return trans.__(
    'Your login at %1 goes to the backend %2, which names no storage so far.',
    issuer,
    backend
  );
}

function why(approved: Connection['approved'], trans: ITranslator): string {
  switch (approved) {
    case 'administrator':
      return trans.__('Your administrator lists this backend.');
    case 'device_login':
      return trans.__('You have signed in through it.');
    case 'user':
      return trans.__('You have agreed to that.');
    case null:
      return '';
    default:
      return unreachable(approved);
  }
}

function hosts(origins: readonly string[]): string {
  return origins.map(origin => origin.replace(/^https?:\/\//, '')).join(', ');
}
