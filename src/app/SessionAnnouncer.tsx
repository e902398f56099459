import * as React from 'react';

import { type Session, isRunning } from '../model';
import { useServices, useSlice } from './context';
import { hostOf } from '../text/format';
import type { ITranslator } from '../text/translator';

/** Sign-in, sign-out and a lost server by ear: what the eye sees change at the panel's top. */
export function SessionAnnouncer(): JSX.Element {
  const { trans } = useServices();
  const session = useSlice(snapshot => snapshot.session);
  const outage = useSlice(snapshot => snapshot.outage);
  const restarted = useSlice(snapshot => snapshot.restarted);
  const going = useSlice(({ uploads }) => uploads.some(isRunning));
  const before = React.useRef({ session, outage, restarted });
  const [text, setText] = React.useState('');
  React.useEffect(() => {
    const known = before.current;
    before.current = { session, outage, restarted };
    const said = [
      known.session === session
        ? ''
        : describeSession(known.session, session, trans),
      known.restarted !== restarted
        ? going
          ? trans.__('Jupyter was restarted; your uploads go on.')
          : trans.__('Jupyter was restarted.')
        : known.outage !== null && outage === null
          ? trans.__('Jupyter answers again.')
          : ''
    ].filter(Boolean);
    if (said.length > 0) {
      setText(said.join(' '));
    }
  }, [session, outage, restarted, going, trans]);
  return (
    <div className="jp-OpenEOArtifacts-ear" aria-live="polite">
      {text}
    </div>
  );
}

/** What is said when a session has become another; what an alert says itself is left out. */
export function describeSession(
  before: Session,
  now: Session,
  trans: ITranslator
): string {
  switch (now.state) {
    case 'signing_in': {
      const { user_code: code, verification_uri: address } = now.login;
      const known =
        before.state === 'signing_in' && before.login.user_code === code;
      return known || code === null
        ? ''
        : trans.__(
            'Open %1 and enter the code %2',
            hostOf(address ?? ''),
            // Letter by letter: it is no word.
            [...code].join(' ')
          );
    }
    case 'signed_in': {
      const { user, title, backend } = now.connection;
      const known =
        before.state === 'loading' ||
        (before.state === 'signed_in' &&
          before.connection.id === now.connection.id &&
          before.connection.account === now.connection.account);
      if (known) {
        return '';
      }
      return user
        ? trans.__('Signed in as %1 at %2', user, title || hostOf(backend))
        : trans.__('Signed in at %1', title || hostOf(backend));
    }
    case 'closed':
    case 'signed_out':
      return before.state === 'signed_in' ? trans.__('Signed out') : '';
    case 'loading':
    case 'missing':
    case 'unavailable':
    case 'connecting':
    case 'refused':
    case 'login_ended':
      return '';
  }
}
