import * as React from 'react';

import { type QueuedFile, sentence } from '../model';
import { useServices } from './context';
import { visible } from './format';
import { IconButton } from './IconButton';
import { Name } from './Name';
import type { IRowProps } from './useRoving';
import { describeLost } from './words';

interface IQueuedRowProps {
  file: QueuedFile;
  /** Whether all is paused. */
  held: boolean;
  rowProps: IRowProps;
}

/** A file that is no upload yet, or could not become one. */
export const QueuedRow = React.memo(function QueuedRow({
  file,
  held,
  rowProps
}: IQueuedRowProps): JSX.Element {
  const { host, model, trans } = useServices();
  const refused = file.state === 'refused';
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
    <li
      className={`jp-OpenEOArtifacts-row${refused ? ' jp-mod-failed' : ''}`}
      aria-label={file.name}
      {...rowProps}
    >
      <div className="jp-OpenEOArtifacts-rowHead">
        <Name text={file.name} />
        {refused && file.again ? (
          <IconButton
            icon="refresh"
            label={trans.__('Try %1 again', file.name)}
            onClick={() => model.sender.again(file.key)}
            tabIndex={rowProps.tabIndex}
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
          tabIndex={rowProps.tabIndex}
        />
      </div>
      <div className="jp-OpenEOArtifacts-words">
        <span>{words}</span>
      </div>
      {refused && file.otherName ? (
        <button
          type="button"
          className="jp-OpenEOArtifacts-link"
          tabIndex={rowProps.tabIndex}
          onClick={() => model.sender.again(file.key, file.otherName)}
        >
          {trans.__('Stage as “%1”', visible(file.otherName))}
        </button>
      ) : null}
    </li>
  );
});
