import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import { backendOf } from '../model';
import { BackendEntry } from './BackendEntry';
import { usePanel, useSnapshot } from './context';

const OTHER = 'other';

/** The list of backends, and the way to one that is not on it. */
export function BackendChooser({
  onChosen
}: {
  onChosen?: () => void;
}): JSX.Element {
  const { model, trans } = usePanel();
  const { backends, session, status } = useSnapshot();
  // View state: whether the person is typing an address.
  const [typing, setTyping] = React.useState(false);
  const id = React.useId();
  const current = backendOf(session) ?? '';
  const known = backends.some(({ url }) => url === current);
  const choose = (backend: string): void => {
    setTyping(false);
    onChosen?.();
    void model.session.choose(backend);
  };
  return (
    <div className="jp-OpenEOArtifacts-backend">
      <label htmlFor={id}>{trans.__('Backend')}</label>
      <HTMLSelect
        id={id}
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
      </HTMLSelect>
      {typing ? (
        <BackendEntry onUse={choose} onCancel={() => setTyping(false)} />
      ) : null}
    </div>
  );
}

/** An address as short as it is still told apart: host, and path where there is one. */
export function hostOf(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}
