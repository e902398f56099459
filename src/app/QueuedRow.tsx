import * as React from 'react';

import { type QueuedFile, sentence } from '../model';
import { useServices } from './context';
import { formatBytes, visible } from '../text/format';
import type { ICellProps } from './Grid';
import { Icon } from './Icon';
import { IconButton } from './IconButton';
import { Name } from './Name';
import { describeLost } from './words';

interface IQueuedRowProps extends ICellProps {
  file: QueuedFile;
  /** Whether all is paused. */
  held: boolean;
}

/** A file that is no upload yet, or could not become one. */
export const QueuedRow = React.memo(function QueuedRow({
  file,
  held,
  tabIndex,
  labelId
}: IQueuedRowProps): JSX.Element {
  const { host, model, trans } = useServices();
  const refused = file.state === 'refused';
  const isShort = file.state === 'queued';
  const words = refused
    ? sentence(file.problem)
    : file.state === 'queued'
      ? held
        ? trans.__('Waiting until all is resumed')
        : trans.__('Waiting for its turn')
      : file.state === 'signed_out'
        ? trans.__('Sign in to go on')
        : file.state === 'waiting'
          ? describeLost(host.line, trans)
          : host.line === 'server'
            ? trans.__('Asking Jupyter to take it')
            : trans.__('Asking the kernel');
  return (
    <>
      <div
        className={
          isShort
            ? 'jp-OpenEOArtifacts-rowHead jp-mod-oneLine'
            : 'jp-OpenEOArtifacts-rowHead'
        }
      >
        <Icon icon={host.kindOf?.(file.name) ?? 'other'} />
        <Name text={file.name} />
        {isShort ? (
          <span className="jp-OpenEOArtifacts-size">{words}</span>
        ) : null}
        {refused && file.again ? (
          <IconButton
            icon="refresh"
            label={trans.__('Try %1 again', file.name)}
            onClick={() => model.sender.again(file.key)}
            tabIndex={tabIndex}
          />
        ) : null}
        <IconButton
          icon="close"
          label={
            refused
              ? trans.__('Dismiss %1', file.name)
              : trans.__('Cancel %1', file.name)
          }
          onClick={() => model.sender.dismiss(file.key)}
          tabIndex={tabIndex}
        />
      </div>
      {isShort ? null : (
        <div className="jp-OpenEOArtifacts-words">
          <span>{words}</span>
        </div>
      )}
      {refused && file.otherName ? (
        <button
          type="button"
          className="jp-OpenEOArtifacts-link"
          tabIndex={tabIndex}
          onClick={() => model.sender.again(file.key, file.otherName)}
        >
          {trans.__('Stage as “%1”', visible(file.otherName))}
        </button>
      ) : null}
      <span
        id={labelId}
        hidden
        aria-label={[
          file.name,
          ...(file.size === undefined ? [] : [formatBytes(file.size)]),
          words
        ].join(', ')}
      />
    </>
  );
});
