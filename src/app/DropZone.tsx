import * as React from 'react';

import { readChosen } from '../files/dropped';
import type { Connection } from '../transport';
import { pickFiles, sentence } from '../model';
import { useServices } from './context';
import { Icon } from './Icon';
import { Problem } from './Problem';

/** Where files go in; what it says depends on what the backend can take. */
export function DropZone({
  connection
}: {
  connection: Connection;
}): JSX.Element {
  const { trans } = useServices();
  const { storage, problem } = connection;
  switch (storage.state) {
    case 'ready':
    case 'unknown':
      return (
        <>
          {problem ? (
            <Problem message={problem.message} todo={problem.todo} />
          ) : null}
          <Zone text={trans.__('Drop files here, or')} />
        </>
      );
    case 'none':
      return (
        <>
          <p className="jp-OpenEOArtifacts-hint">
            {trans.__(
              'This backend does not offer artifact storage. Its provider can add it: see the guide for providers.'
            )}
          </p>
          <Zone
            text={trans.__(
              'Drop a GeoJSON of up to 1 MB to put it into the notebook as text, or'
            )}
            accept=".geojson,.json,application/geo+json"
          />
        </>
      );
    case 'unsupported':
    case 'invalid':
      return (
        <Problem
          message={
            problem
              ? sentence(problem)
              : storage.state === 'unsupported'
                ? trans.__(
                    'The storage of this backend is of a type that is not known here: %1.',
                    storage.provider ?? '?'
                  )
                : trans.__(
                    'The backend describes its storage in a way that cannot be used.'
                  )
          }
        />
      );
  }
}

/** The place that says where files go, with the buttons for those who do not drag. */
export function Zone({
  text,
  accept
}: {
  text: string;
  /** What the text asks for, where that is not everything. */
  accept?: string;
}): JSX.Element {
  const { trans } = useServices();
  return (
    <div className="jp-OpenEOArtifacts-dropZone" data-testid="drop-zone">
      <Icon icon="artifacts" size={20} />
      <span>
        {text}{' '}
        <Chooser
          text={trans.__('Choose…')}
          label={trans.__('Files to stage')}
          accept={accept}
        />
        {accept ? null : (
          <>
            {' '}
            <Chooser
              text={trans.__('Folder…')}
              label={trans.__('Folder to stage')}
              folder
            />
          </>
        )}
      </span>
    </div>
  );
}

/** React's types do not know the attribute. */
const OF_FOLDERS: object = { webkitdirectory: '' };

/** A button that opens the browser's dialog for files, or for a folder. */
function Chooser({
  text,
  label,
  accept,
  folder = false
}: {
  text: string;
  label: string;
  accept?: string | undefined;
  folder?: boolean;
}): JSX.Element {
  const { host } = useServices();
  const input = React.useRef<HTMLInputElement>(null);
  const choose = async (): Promise<void> => {
    const files = accept || folder ? null : await pickFiles();
    if (files === null) {
      input.current?.click();
    } else {
      void host.take({ files, folders: [] });
    }
  };
  return (
    <>
      <button
        type="button"
        className="jp-OpenEOArtifacts-link"
        data-focus={folder ? undefined : ''}
        onClick={() => void choose()}
      >
        {text}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={accept}
        aria-label={label}
        {...(folder ? OF_FOLDERS : {})}
        onChange={event => host.take(readChosen(event.currentTarget))}
      />
    </>
  );
}
