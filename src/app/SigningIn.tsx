import * as React from 'react';

import type { Login, LoginDestination } from '../transport';
import { BusyButton } from './BusyButton';
import { copyText } from '../text/clipboard';
import { formatCountdown } from '../text/format';
import { useServices, useNow, useSession } from './context';
import { IconButton } from './IconButton';
import { QRCode } from './QRCode';
import { Whither } from './UseLogin';

/** The device flow: where to go, what to enter there, and how long there is. */
export function SigningIn({
  login,
  destination
}: {
  login: Login;
  destination: LoginDestination | null;
}): JSX.Element {
  const { model, trans } = useServices();
  const session = useSession();
  const now = useNow(1000);
  const address = safeLink(login.verification_uri);
  const direct = safeLink(login.verification_uri_complete) ?? address;
  const copy = (text: string, said: string): void => {
    void copyText(Promise.resolve(text)).then(copied =>
      copied
        ? model.notices.say(said)
        : model.notices.fail(trans.__('The browser does not let this copy.'))
    );
  };
  return (
    <section
      className="jp-OpenEOArtifacts-signingIn"
      aria-label={trans.__('Signing in')}
    >
      {address && direct ? (
        <div className="jp-OpenEOArtifacts-copyable">
          <span>
            {trans.__('Open')}{' '}
            <a
              href={direct}
              target="_blank"
              rel="noopener noreferrer"
              data-focus
            >
              {address.replace(/^https?:\/\//, '')}
            </a>
          </span>
          <IconButton
            icon="copy"
            label={trans.__('Copy address')}
            onClick={() => copy(direct, trans.__('Address copied.'))}
          />
        </div>
      ) : null}
      {login.user_code ? (
        <>
          <p>{trans.__('and enter')}</p>
          <div className="jp-OpenEOArtifacts-copyable">
            <code
              className="jp-OpenEOArtifacts-userCode"
              aria-label={trans.__('Code %1', login.user_code)}
            >
              {login.user_code}
            </code>
            <IconButton
              icon="copy"
              label={trans.__('Copy code')}
              onClick={() =>
                copy(login.user_code ?? '', trans.__('Code copied.'))
              }
            />
          </div>
        </>
      ) : null}
      <div className="jp-OpenEOArtifacts-signingInFoot">
        {direct ? <QRCode text={direct} /> : null}
        <div>
          {login.expires_at ? (
            <p role="timer" aria-live="off">
              {trans.__(
                '%1 left',
                formatCountdown(
                  (new Date(login.expires_at).getTime() - now.getTime()) / 1000
                )
              )}
            </p>
          ) : null}
          <BusyButton
            className="jp-mod-styled"
            work={() =>
              session.cancelLogin().catch(error => model.notices.failed(error))
            }
          >
            {trans.__('Cancel')}
          </BusyButton>
        </div>
      </div>
      <Whither destination={destination} />
    </section>
  );
}

/** An address to click, if it is one of the web; a provider's answer could be anything. */
function safeLink(address: string | null): string | null {
  try {
    const { protocol, href } = new URL(address ?? '');
    return protocol === 'https:' || protocol === 'http:' ? href : null;
  } catch {
    return null;
  }
}
