import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';
import * as React from 'react';

import { CommandIDs } from '../app';
import { formatBytes, formatUntil } from '../text';
import { connectionOf } from '../model';
import type { Artifact, Verification } from '../transport';
import { attempt } from './attempt';
import type { IOpenEOArtifacts } from './tokens';

/** An object in storage: whose login sees it, where it is, how it is called. */
interface IStored {
  readonly connection: string;
  readonly uri: string;
  readonly name: string;
  /** The artifact, where it was named by that. */
  readonly artifact?: Artifact;
}

/** What can be done with a file in storage, whether it is on the list (`id`) or not (`uri`). */
export function addStoredCommands(
  commands: CommandRegistry,
  { model, stored }: IOpenEOArtifacts,
  trans: TranslationBundle
): void {
  const find = (args: ReadonlyPartialJSONObject): IStored | null => {
    const { id, connection, uri, name } = args;
    if (typeof id === 'string') {
      const artifact = model.artifact(id);
      return artifact ? { ...artifact, artifact } : null;
    }
    return typeof connection === 'string' && typeof uri === 'string'
      ? { connection, uri, name: typeof name === 'string' ? name : uri }
      : null;
  };
  /** Whether its storage was found not to delete; null where that is not known. */
  const deletes = (args: ReadonlyPartialJSONObject): boolean | null => {
    const connection = connectionOf(model.snapshot.session);
    return connection && find(args)?.connection === connection.id
      ? (connection.storage.deletes ?? null)
      : null;
  };
  const describedBy = { args: storedArgs(trans) };
  const isEnabled = (args: ReadonlyPartialJSONObject): boolean =>
    find(args) !== null;
  const onFound =
    (work: (found: IStored) => Promise<void>) =>
    async (args: ReadonlyPartialJSONObject): Promise<void> => {
      const found = find(args);
      if (found) {
        await attempt(model, () => work(found));
      } else {
        model.notices.fail(trans.__('This file is not on the list any more.'));
      }
    };

  commands.addCommand(CommandIDs.verify, {
    label: trans.__('Verify'),
    caption: trans.__(
      'Look whether it is in storage, and whether links to it work'
    ),
    describedBy,
    isEnabled,
    execute: onFound(async found => {
      const seen = await stored.verify(found.connection, found.uri);
      const again = seen.there === false && found.artifact?.path;
      const answer = await showDialog({
        title: headline(seen, found.name, trans),
        body: <Findings seen={seen} trans={trans} />,
        buttons: [
          ...(again
            ? [Dialog.cancelButton({ label: trans.__('Stage again') })]
            : []),
          Dialog.okButton({ label: trans.__('Close') })
        ]
      });
      if (again && answer.button.label === trans.__('Stage again')) {
        await commands.execute(CommandIDs.stageAgain, {
          id: found.artifact?.id ?? ''
        });
      }
    })
  });
  commands.addCommand(CommandIDs.download, {
    label: trans.__('Download'),
    caption: trans.__('Save it on this computer, by the Jupyter server'),
    describedBy,
    isEnabled,
    execute: onFound(async ({ connection, uri, name }) => {
      const link = document.createElement('a');
      link.href = stored.addressOf(connection, uri);
      link.download = name.split('/').pop() ?? '';
      link.click();
    })
  });
  commands.addCommand(CommandIDs.deleteStored, {
    label: args =>
      deletes(args) === false
        ? trans.__('Delete in storage (this provider cannot)')
        : trans.__('Delete in storage…'),
    caption: trans.__('Delete the stored file; links to it stop working'),
    describedBy,
    isEnabled: args => isEnabled(args) && deletes(args) !== false,
    execute: onFound(async ({ connection, uri, name }) => {
      const answer = await showDialog({
        title: trans.__('Delete this file in storage?'),
        body: trans.__(
          '“%1” is deleted for good. Links to it stop working, and jobs that read it fail. It goes off the list, too.',
          name
        ),
        buttons: [
          Dialog.cancelButton({ label: trans.__('Cancel') }),
          Dialog.warnButton({ label: trans.__('Delete') })
        ]
      });
      if (answer.button.accept) {
        await stored.delete(connection, uri);
        await model.read(new Set(['artifacts']));
      }
    })
  });
  commands.addCommand(CommandIDs.adopt, {
    label: trans.__('Add to list'),
    caption: trans.__('Put it on the list of artifacts'),
    describedBy,
    isEnabled,
    execute: onFound(async ({ connection, uri }) => {
      await stored.adopt(connection, uri);
      await model.read(new Set(['artifacts']));
    })
  });
  commands.addCommand(CommandIDs.stageAgain, {
    label: args => {
      const path = find(args)?.artifact?.path;
      return path
        ? trans.__('Stage again from %1', path)
        : trans.__('Stage again (its path is not known)');
    },
    caption: trans.__('Stage the file of the same path as it is now'),
    describedBy,
    isEnabled: args => Boolean(find(args)?.artifact?.path),
    execute: onFound(async ({ connection, artifact }) => {
      if (artifact?.path) {
        const { path, name } = artifact;
        const again = { name, reuse: false };
        model.uploads.put(
          await model.client.createUpload(connection, path, again)
        );
      }
    })
  });
}

function headline(
  { there }: Verification,
  name: string,
  trans: TranslationBundle
): string {
  if (there === null) {
    return trans.__('Storage does not say whether “%1” is there', name);
  }
  return there
    ? trans.__('“%1” is in storage', name)
    : trans.__('“%1” is not in storage any more', name);
}

/** What was found of it, a line each; the notes tell what readers trip over. */
function Findings({
  seen: { there, size, stored_at, get, same, notes },
  trans
}: {
  seen: Verification;
  trans: TranslationBundle;
}): JSX.Element {
  const lines = there
    ? [
        [
          size === null ? trans.__('unknown size') : formatBytes(size),
          ...(stored_at === null
            ? []
            : [trans.__('stored %1', formatUntil(new Date(stored_at), trans))]),
          ...(same === false ? [trans.__('not the file that was staged')] : [])
        ].join(', '),
        get
          ? trans.__('A new link to it works.')
          : trans.__('A new link to it does not work.'),
        ...notes
      ]
    : [...notes];
  return (
    <ul className="jp-OpenEOArtifacts-findings">
      {lines.map(line => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function storedArgs(trans: TranslationBundle): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      id: { type: 'string', description: trans.__('The artifact’s id') },
      connection: {
        type: 'string',
        description: trans.__('The connection’s id, where no artifact is named')
      },
      uri: { type: 'string', description: trans.__('The s3:// address') },
      name: { type: 'string', description: trans.__('How it is called') }
    }
  };
}
