import * as React from 'react';

import { useServices, useSlice } from './context';
import { formatSeconds, formatShare, formatSpeed } from '../text/format';
import { IconButton } from './IconButton';
import { Progress } from './Progress';
import { shareOf } from './rows';
import { NO_BATCH, nextBatch, totalOf } from './total';
import { describeHeard } from './words';

/** All uploads together, where they are several: how far they are, and what can be done with all. */
export function TotalRow(): JSX.Element | null {
  const { model, trans } = useServices();
  const uploads = useSlice(snapshot => snapshot.uploads);
  const queuedFiles = useSlice(snapshot => snapshot.queuedFiles);
  const sending = useSlice(snapshot => snapshot.sending);
  const held = useSlice(snapshot => snapshot.held);
  const heard = useSlice(snapshot => snapshot.heard);
  const batch = React.useRef(NO_BATCH);
  const lists = { uploads, queuedFiles, sending };
  // Told the same lists twice, it stays as it is.
  batch.current = nextBatch(batch.current, lists);
  const total = totalOf(batch.current, lists);
  const { files, staged, bytes, stored, received, speed, failed } = total;
  if (files < 2 && failed < 2 && !held) {
    return null;
  }
  const left = bytes - stored;
  const words = heard
    ? describeHeard(heard, trans)
    : held
      ? trans.__('Paused')
      : speed === null
        ? ''
        : formatSpeed(speed);
  const attempt = (run: () => Promise<void>) => (): Promise<void> =>
    run().catch(error => model.notices.failed(error));
  return (
    <div
      className="jp-OpenEOArtifacts-total"
      role="group"
      aria-label={trans.__('All uploads')}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <span className="jp-OpenEOArtifacts-totalWords">
          {files > 0
            ? trans.__(
                'Staging %1 of %2 · %3',
                staged,
                files,
                formatShare(stored, bytes, trans)
              )
            : trans.__('%1 failed', failed)}
        </span>
        {failed > 0 ? (
          <IconButton
            icon="refresh"
            label={trans.__('Try all again that failed')}
            onClick={attempt(() => model.all.retry())}
          />
        ) : null}
        {held ? (
          <IconButton
            icon="play"
            label={trans.__('Resume all')}
            onClick={() => model.all.resume()}
          />
        ) : files > 0 && queuedFiles.length + sending.size > 0 ? (
          <IconButton
            icon="pause"
            label={trans.__('Pause all')}
            onClick={() => model.all.pause()}
          />
        ) : null}
        {files > 0 ? (
          <IconButton
            icon="close"
            label={trans.__('Cancel all')}
            onClick={attempt(() => model.all.cancel())}
          />
        ) : null}
      </div>
      {files > 0 ? (
        <>
          <Progress
            label={trans.__('Progress of all')}
            words={words}
            stored={shareOf(stored, bytes)}
            received={shareOf(received, bytes)}
          />
          <div className="jp-OpenEOArtifacts-words">
            <span>{words}</span>
            {speed !== null && !heard && !held ? (
              <span>{trans.__('%1 left', formatSeconds(left / speed))}</span>
            ) : null}
          </div>
        </>
      ) : null}
    </div>
  );
}
