import * as React from 'react';

import type { Outage } from '../transport';
import { unreachable } from '../model';
import { useServices, useSlice } from './context';
import { Problem } from './Problem';
import type { ITranslator } from './translator';
import { type Line, describeLost } from './words';

/** Where the server does not answer: why, and that what is shown is what was known before. */
export function OutageNotice(): JSX.Element | null {
  const { host, model, trans } = useServices();
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
      message={describeOutage(outage, trans, host.line)}
      action={trans.__('Try again')}
      onAction={() => model.refresh()}
    />
  );
}

/** Why the server does not answer, and whose move it is. */
export function describeOutage(
  outage: Outage,
  trans: ITranslator,
  line: Line = 'server'
): string {
  if (line === 'kernel') {
    return outage === 'stopped'
      ? trans.__(
          'The kernel was restarted or shut down. Run this cell again to stage more files.'
        )
      : describeLost(line, trans);
  }
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
