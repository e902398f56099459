import * as React from 'react';

import type { Artifact, Upload } from '../transport';
import { EMPTY, sentence } from '../model';
import { useServices, useSlice } from './context';
import { progressOf } from './rows';
import { describeReused } from './words';
import type { ITranslator } from './translator';

/** Progress by ear: at each quarter and at the end, politely, and never for what was there before. */
export function Announcer(): JSX.Element {
  const { trans } = useServices();
  const uploads = useSlice(snapshot => snapshot.uploads);
  const artifacts = useSlice(snapshot => snapshot.artifacts);
  const heard = React.useRef<Map<string, string> | null>(null);
  const [text, setText] = React.useState('');
  React.useEffect(() => {
    if (uploads === EMPTY.uploads) {
      return; // not read yet
    }
    const before = heard.current;
    const now = new Map(uploads.map(upload => [upload.id, milestone(upload)]));
    heard.current = now;
    const news =
      before === null
        ? []
        : uploads.filter(
            upload => before.get(upload.id) !== now.get(upload.id)
          );
    const spoken = news
      .map(upload => announcement(upload, artifacts, trans))
      .filter(line => line !== '');
    if (spoken.length > 0) {
      setText(spoken.join(' '));
    }
  }, [uploads, artifacts, trans]);
  return (
    <div className="jp-OpenEOArtifacts-ear" role="log" aria-live="polite">
      {text}
    </div>
  );
}

/** What of an upload is worth saying when it changes. */
export function milestone(upload: Upload): string {
  switch (upload.state) {
    case 'staged':
    case 'failed':
    case 'cancelled':
    case 'paused':
      return upload.state;
    case 'queued':
    case 'receiving':
    case 'uploading':
    case 'verifying':
      return String(quarter(upload));
  }
}

function quarter(upload: Upload): number {
  return Math.min(3, Math.floor((progressOf(upload) ?? 0) * 4)) * 25;
}

function announcement(
  upload: Upload,
  artifacts: readonly Artifact[],
  trans: ITranslator
): string {
  switch (upload.state) {
    case 'staged':
      return upload.reused
        ? trans.__(
            '%1: %2',
            upload.name,
            describeReused(upload, artifacts, trans)
          )
        : [trans.__('%1 is staged.', upload.name), upload.advice ?? '']
            .join(' ')
            .trim();
    case 'failed':
      return trans.__(
        '%1 failed: %2',
        upload.name,
        upload.problem ? sentence(upload.problem) : ''
      );
    case 'paused':
      return trans.__('%1 is paused.', upload.name);
    case 'cancelled':
      return trans.__('%1 was cancelled.', upload.name);
    case 'queued':
    case 'receiving':
    case 'uploading':
    case 'verifying': {
      const percent = quarter(upload);
      return percent > 0 ? trans.__('%1: %2 %', upload.name, percent) : '';
    }
  }
}
