import * as React from 'react';

import type { Artifact, Upload } from '../transport';
import { EMPTY, sentence } from '../model';
import { useServices, useSlice } from './context';
import { progressOf } from './rows';
import { describeReused } from './words';
import type { ITranslator } from '../text/translator';

/** How long news are gathered before they are said (ms): each saying takes the place of the one before. */
const GATHER = 1000;

/** So many ends are said one by one. */
const FEW = 3;

/** Progress by ear: at each quarter and at the end, politely, and never for what was there before. */
export function Announcer(): JSX.Element {
  const { trans } = useServices();
  const uploads = useSlice(snapshot => snapshot.uploads);
  const artifacts = useSlice(snapshot => snapshot.artifacts);
  const heard = React.useRef<Map<string, string> | null>(null);
  const news = React.useRef(new Map<string, Upload>());
  const timer = React.useRef(0);
  const found = React.useRef(artifacts);
  found.current = artifacts;
  const [text, setText] = React.useState('');
  React.useEffect(() => {
    if (uploads === EMPTY.uploads) {
      return; // not read yet
    }
    const before = heard.current;
    const now = new Map(uploads.map(upload => [upload.id, milestone(upload)]));
    heard.current = now;
    if (before === null) {
      return;
    }
    for (const upload of uploads) {
      if (before.get(upload.id) !== now.get(upload.id)) {
        news.current.set(upload.id, upload);
      }
    }
    if (news.current.size > 0 && timer.current === 0) {
      timer.current = window.setTimeout(() => {
        timer.current = 0;
        const spoken = sayTogether(
          [...news.current.values()],
          found.current,
          trans
        );
        news.current.clear();
        if (spoken !== '') {
          setText(spoken);
        }
      }, GATHER);
    }
  }, [uploads, trans]);
  React.useEffect(() => () => window.clearTimeout(timer.current), []);
  return (
    <div className="jp-OpenEOArtifacts-ear" role="log" aria-live="polite">
      {text}
    </div>
  );
}

/** News in a few sentences: the same end of many files is one, and their quarters are left out. */
export function sayTogether(
  news: readonly Upload[],
  artifacts: readonly Artifact[],
  trans: ITranslator
): string {
  const one = (upload: Upload): string =>
    announcement(upload, artifacts, trans);
  if (news.length <= FEW) {
    return news.map(one).filter(Boolean).join(' ');
  }
  const said = (state: Upload['state'], together: (n: number) => string) => {
    const ended = news.filter(upload => upload.state === state);
    return ended.length > FEW ? [together(ended.length)] : ended.map(one);
  };
  return [
    ...said('staged', count => trans.__('%1 files staged.', count)),
    ...said('failed', count => trans.__('%1 files failed.', count)),
    ...said('paused', count => trans.__('%1 files are paused.', count)),
    ...said('cancelled', count => trans.__('%1 files were cancelled.', count))
  ].join(' ');
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
