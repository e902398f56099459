import * as React from 'react';

import type { INotice } from '../model';
import { useServices } from './context';
import { IconButton } from './IconButton';

/** How long a good message stays (ms); a bad one stays until it is dismissed. */
const STAY = 15_000;

/** What was just done, in one sentence. */
export function StatusLine(): JSX.Element {
  const { model, trans } = useServices();
  const [notice, setNotice] = React.useState<INotice | null>(
    () => model.notices.last
  );
  React.useEffect(() => {
    const onSaid = (_: unknown, said: INotice | null): void => setNotice(said);
    model.notices.said.connect(onSaid);
    return () => {
      model.notices.said.disconnect(onSaid);
    };
  }, [model]);
  const dismiss = React.useCallback(() => model.notices.clear(), [model]);
  React.useEffect(() => {
    if (notice?.kind !== 'info') {
      return undefined;
    }
    const timer = window.setTimeout(dismiss, STAY);
    return () => window.clearTimeout(timer);
  }, [notice, dismiss]);
  return (
    <div
      className={`jp-OpenEOArtifacts-status${
        notice?.kind === 'error' ? ' jp-mod-error' : ''
      }`}
    >
      <span role="status" aria-label={trans.__('Last action')}>
        {notice?.text}
      </span>
      {notice ? (
        <IconButton
          icon="close"
          label={trans.__('Dismiss message')}
          onClick={dismiss}
        />
      ) : null}
    </div>
  );
}
