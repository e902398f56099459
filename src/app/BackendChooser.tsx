import * as React from 'react';

import { backendOf } from '../model';
import { BackendEntry } from './BackendEntry';
import { useServices, useSession, useSnapshot } from './context';
import { hostOf } from '../text/format';
import { Icon } from './Icon';

const OTHER = 'other';

/** The list of backends, and the way to one that is not on it. */
export function BackendChooser({
  onDone
}: {
  /** A backend was chosen, or none is to be; where it is given, the list takes the focus. */
  onDone?: () => void;
}): JSX.Element {
  const { trans } = useServices();
  const login = useSession();
  const { backends, session, status } = useSnapshot();
  // View state: whether the person is typing an address.
  const [typing, setTyping] = React.useState(false);
  const id = React.useId();
  const current = backendOf(session) ?? '';
  const known = backends.some(({ url }) => url === current);
  const choose = (backend: string): void => {
    setTyping(false);
    onDone?.();
    void login.choose(backend);
  };
  return (
    <div className="jp-OpenEOArtifacts-backend" data-place="backend">
      <label htmlFor={id}>{trans.__('Backend')}</label>
      <span className="jp-OpenEOArtifacts-select">
        <select
          id={id}
          autoFocus={onDone !== undefined}
          value={typing ? OTHER : current}
          onChange={event => {
            const { value } = event.currentTarget;
            if (value === OTHER) {
              setTyping(true);
            } else if (value) {
              choose(value);
            }
          }}
        >
          {current === '' ? <option value="" /> : null}
          {current !== '' && !known ? (
            <option value={current}>{hostOf(current)}</option>
          ) : null}
          {backends.map(({ url, title }) => (
            <option key={url} value={url}>
              {title || hostOf(url)}
            </option>
          ))}
          {status?.allow_other_backends ? (
            <option value={OTHER}>{trans.__('Other…')}</option>
          ) : null}
        </select>
        <Icon icon="caret" />
      </span>
      {typing ? (
        <BackendEntry
          onUse={choose}
          onCancel={() => {
            setTyping(false);
            onDone?.();
          }}
        />
      ) : null}
    </div>
  );
}
