import * as React from 'react';

import type { Outage as OutageKind } from '../transport';
import { unreachable } from '../model';
import { useServices, useSlice } from './context';
import { formatTime } from '../text/format';
import { Problem } from './Problem';
import type { ITranslator } from '../text/translator';
import { type Line, describeLost } from './words';

/** Where the server does not answer: why, and that what is shown is what was known before. */
export function OutageNotice(): JSX.Element | null {
  const session = useSlice(snapshot => snapshot.session);
  const outage = useSlice(snapshot => snapshot.outage);
  const heard = useSlice(snapshot => snapshot.heard);
  // Where nothing is known yet, the session's own state says it.
  if (
    outage === null ||
    session.state === 'unavailable' ||
    session.state === 'missing'
  ) {
    return null;
  }
  return <Outage outage={outage} heard={heard} />;
}

/** Why the server does not answer, with the way to a hub that could start it. */
export function Outage({
  outage,
  heard = null
}: {
  outage: OutageKind;
  heard?: Date | null;
}): JSX.Element {
  const { host, model, trans } = useServices();
  const hub = outage === 'unanswered' ? undefined : host.hub;
  return (
    <Problem
      message={describeOutage(outage, trans, host.line, heard)}
      action={trans.__('Try again')}
      onAction={() => model.refresh()}
    >
      {hub === undefined ? null : (
        <a
          className="jp-OpenEOArtifacts-link"
          href={hub}
          target="_blank"
          rel="noopener noreferrer"
        >
          {trans.__('Open the hub')}
        </a>
      )}
    </Problem>
  );
}

/** Why the server does not answer, and whose move it is. */
export function describeOutage(
  outage: OutageKind,
  trans: ITranslator,
  line: Line = 'server',
  heard: Date | null = null
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
      return heard
        ? trans.__('Not connected since %1, trying again.', formatTime(heard))
        : trans.__('Jupyter does not answer, trying again.');
    case 'missing':
    case 'stopped':
      return trans.__(
        'Your Jupyter server is not running. Files on their way go on when it is started again, as long as this page stays open.'
      );
    case 'login':
      return trans.__(
        'Jupyter does not know this page any more. Log in to Jupyter in another tab, or reload this page.'
      );
    default:
      return unreachable(outage);
  }
}
