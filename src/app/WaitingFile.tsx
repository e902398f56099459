import * as React from 'react';

import { pickFile, reopen } from '../model';
import type { Upload } from '../transport';
import { useServices } from './context';
import { formatBytes, visible } from '../text/format';
import { Problem } from './Problem';
import { shorten } from './words';

/** How to go on with an upload whose file this page has lost, by a reload or a closed tab. */
export function WaitingFile({
  upload,
  asks
}: {
  upload: Upload;
  /** Whether it is asked for; what was refused is told also while bytes come from elsewhere. */
  asks: boolean;
}): JSX.Element {
  const { model, trans } = useServices();
  const input = React.useRef<HTMLInputElement>(null);
  const [handle, setHandle] = React.useState<FileSystemFileHandle | null>(null);
  // View state: a file that is another one.
  const [other, setOther] = React.useState<File | null>(null);
  const { id } = upload;
  React.useEffect(() => {
    let away = false;
    if (!asks) {
      return undefined;
    }
    void model.sender.files.kept.get(id).then(kept => {
      if (!away) {
        setHandle(kept?.handle ?? null);
      }
    });
    return () => {
      away = true;
    };
  }, [model, id, asks]);
  const take = (file: File | null): void => {
    setOther(null);
    if (file) {
      model.uploads
        .goOn(upload, file)
        .then(right => right || setOther(file))
        .catch(error => model.notices.failed(error));
    }
  };
  const open = async (kept: FileSystemFileHandle): Promise<void> => {
    const file = await reopen(kept);
    if (file === null) {
      setHandle(null); // it was not allowed, or the file is gone
      model.notices.fail(
        trans.__('The browser did not open “%1”. Choose it.', upload.name)
      );
    }
    take(file);
  };
  const choose = async (): Promise<void> => {
    const file = await pickFile();
    if (file === 'no picker') {
      input.current?.click();
    } else {
      take(file);
    }
  };
  return (
    <>
      {asks && handle ? (
        <>
          <button
            type="button"
            className="jp-OpenEOArtifacts-link"
            onClick={() => void open(handle)}
          >
            {trans.__('Go on with %1', visible(shorten(upload.name)))}
          </button>{' '}
        </>
      ) : null}
      {asks ? (
        <button
          type="button"
          className="jp-OpenEOArtifacts-link"
          onClick={() => void choose()}
        >
          {trans.__('Choose…')}
        </button>
      ) : null}
      <input
        ref={input}
        type="file"
        hidden
        aria-label={trans.__('The file of %1', upload.name)}
        onChange={event => {
          const [file] = Array.from(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
          take(file ?? null);
        }}
      />
      {other ? (
        <Problem
          message={
            other.name === upload.name && other.size === upload.size
              ? trans.__(
                  'This “%1” is not the file that was being sent: it was written anew since.',
                  visible(other.name)
                )
              : trans.__(
                  'This is “%1” (%2); “%3” (%4) is awaited.',
                  visible(other.name),
                  formatBytes(other.size),
                  visible(upload.name),
                  formatBytes(upload.size ?? 0)
                )
          }
          action={trans.__('Stage as new')}
          onAction={() => {
            setOther(null);
            model.uploads.sendAsNew(other);
          }}
        />
      ) : null}
    </>
  );
}
