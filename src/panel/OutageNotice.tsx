import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Outage } from '../api';
import { unreachable } from '../model';
import { usePanel, useSlice } from './context';
import { Problem } from './SignedOut';

/** Where the server does not answer: why, and that what is shown is what was known before. */
export function OutageNotice(): JSX.Element | null {
  const { model, trans } = usePanel();
  const session = useSlice(snapshot => snapshot.session);
  const outage = useSlice(snapshot => snapshot.outage);
  // Where nothing is known yet, the session's own state says it.
  if (
    outage === null ||
    session.state === 'unavailable' ||
    session.state === 'missing'
  ) {
    return null;
  }
  return (
    <Problem
      message={describeOutage(outage, trans)}
      action={trans.__('Try again')}
      onAction={() => void model.refresh()}
    />
  );
}

/** Why the server does not answer, and whose move it is. */
export function describeOutage(
  outage: Outage,
  trans: TranslationBundle
): string {
  switch (outage) {
    case 'unanswered':
      return trans.__(
        'Jupyter does not answer. It is asked again from time to time; files on their way go on when it is back.'
      );
    case 'missing':
    case 'stopped':
      return trans.__(
        'Your Jupyter server is not running. Start it again; files on their way then go on, as long as this page stays open.'
      );
    case 'login':
      return trans.__(
        'Jupyter does not know this page any more. Log in to Jupyter in another tab, or reload this page.'
      );
    default:
      return unreachable(outage);
  }
}
