import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Connection, LoginDestination, Problem } from '../api';
import {
  type ArtifactsModel,
  problemOf,
  sentence,
  unreachable
} from '../model';
import { usePanel } from './context';

/** The question whether a login that is there may be used at a backend, and who would receive it. */
export function UseLogin({
  problem,
  destination
}: {
  problem: Problem;
  destination: LoginDestination;
}): JSX.Element {
  const { model, trans } = usePanel();
  return (
    <div className="jp-OpenEOArtifacts-problem" role="alert">
      <p>
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
          <button
            type="button"
            className="jp-mod-styled jp-mod-accept"
            onClick={() =>
              void model.session
                .useLogin(destination)
                .catch(error => model.notices.fail(sentence(problemOf(error))))
            }
          >
            {trans.__('Use my login there')}
          </button>
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() => model.session.notNow()}
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
  const { trans } = usePanel();
  return destination ? (
    <p className="jp-OpenEOArtifacts-words">
      <bdi>{whither(destination, trans)}</bdi>
    </p>
  ) : null;
}

/** Show whom the login of a connection is for, and let it be taken back. */
export async function showApproval(
  connection: Connection,
  session: ArtifactsModel['session'],
  trans: TranslationBundle
): Promise<void> {
  const { approved, destination } = connection;
  if (!destination) {
    return;
  }
  const close = Dialog.cancelButton({ label: trans.__('Close') });
  const withdraw = Dialog.warnButton({
    label: trans.__('Do not use it here any more')
  });
  const withdrawable = approved === 'device_login' || approved === 'user';
  const { button } = await showDialog({
    title: trans.__('Where your login goes'),
    body: [whither(destination, trans), why(approved, trans)].join(' '),
    buttons: withdrawable ? [close, withdraw] : [close],
    defaultButton: 0
  });
  if (withdrawable && button.accept) {
    await session.withdraw();
  }
}

function whither(
  destination: LoginDestination,
  trans: TranslationBundle
): string {
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

function why(
  approved: Connection['approved'],
  trans: TranslationBundle
): string {
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
