import * as React from 'react';

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

/** The place that says where files go, with the button for those who do not drag. */
export function Zone({
  text,
  accept
}: {
  text: string;
  accept?: string;
}): JSX.Element {
  const { host, trans } = useServices();
  const input = React.useRef<HTMLInputElement>(null);
  const choose = async (): Promise<void> => {
    const files = accept === undefined ? await pickFiles() : null;
    if (files === null) {
      input.current?.click();
    } else {
      host.take({ files, folders: [] });
    }
  };
  return (
    <div className="jp-OpenEOArtifacts-dropZone" data-testid="drop-zone">
      <Icon icon="artifacts" size={20} />
      <span>
        {text}{' '}
        <button
          type="button"
          className="jp-OpenEOArtifacts-link"
          data-focus
          onClick={() => void choose()}
        >
          {trans.__('Choose…')}
        </button>
      </span>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={accept}
        aria-label={trans.__('Files to stage')}
        onChange={event => {
          const files = Array.from(event.currentTarget.files ?? []);
          // Emptied, so that choosing the same file again is a change again.
          event.currentTarget.value = '';
          host.take({ files, folders: [] });
        }}
      />
    </div>
  );
}
