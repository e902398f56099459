import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, linkIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { Artifact, Connection } from '../transport';
import { CommandIDs } from '../app';
import type { InsertKind } from '../insert';
import { connectionOf } from '../model';
import type { IOpenEOArtifacts } from './tokens';
import { attempt, idArgs } from './attempt';

/** What can be done with a staged file. */
export function addArtifactCommands(
  commands: CommandRegistry,
  { model, inserter }: IOpenEOArtifacts,
  trans: TranslationBundle
): void {
  const find = (args: ReadonlyPartialJSONObject): Artifact | undefined =>
    typeof args.id === 'string' ? model.artifact(args.id) : undefined;
  const isEnabled = (args: ReadonlyPartialJSONObject): boolean =>
    find(args) !== undefined;
  const describedBy = {
    args: idArgs(trans.__('The artifact’s id'))
  };

  commands.addCommand(CommandIDs.copyLink, {
    label: trans.__('Copy link'),
    caption: trans.__('Copy a new link with the longest lifetime possible'),
    icon: linkIcon,
    describedBy,
    isEnabled,
    execute: async args => {
      const artifact = find(args);
      return artifact && inserter.copyLink(artifact);
    }
  });
  commands.addCommand(CommandIDs.copyURI, {
    label: trans.__('Copy s3:// address'),
    icon: copyIcon,
    describedBy,
    isEnabled,
    execute: async args => {
      const artifact = find(args);
      return artifact && inserter.copyURI(artifact);
    }
  });
  commands.addCommand(CommandIDs.insert, {
    label: args => {
      const kind = kindOf(args.how);
      const connection = connectionOf(model.snapshot.session);
      return kind
        ? insertLabel(inserter.kindHere(kind), connection, trans)
        : trans.__('Insert openEO artifact');
    },
    describedBy: {
      args: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string', description: trans.__('The artifact’s id') },
          how: {
            type: 'string',
            description:
              'reference, uri or link; the setting’s choice if absent'
          }
        }
      }
    },
    isEnabled,
    execute: async args => {
      const artifact = find(args);
      return artifact && inserter.insert(artifact, kindOf(args.how));
    }
  });
  commands.addCommand(CommandIDs.forgetArtifact, {
    label: trans.__('Remove from list…'),
    caption: trans.__('Remove it from the list; the stored file stays'),
    describedBy,
    isEnabled,
    execute: async args => {
      const artifact = find(args);
      if (!artifact) {
        return;
      }
      const answer = await showDialog({
        title: trans.__('Remove this file from the list?'),
        body: trans.__(
          '“%1” goes off the list. The stored file stays until the provider removes it, and links to it go on working until they end.',
          artifact.name
        ),
        buttons: [
          Dialog.cancelButton({ label: trans.__('Cancel') }),
          Dialog.warnButton({ label: trans.__('Remove') })
        ]
      });
      if (answer.button.accept) {
        await attempt(model, () => model.forgetArtifact(artifact.id));
      }
    }
  });
}

/** What inserting does where the cursor is, and whether jobs can use it. */
function insertLabel(
  kind: InsertKind,
  connection: Connection | null,
  trans: TranslationBundle
): string {
  switch (kind) {
    case 'reference':
      return trans.__('Insert code (makes a link when run)');
    case 'uri':
      return addressLabel(connection?.storage.s3_uri ?? null, trans);
    case 'link':
      return trans.__('Insert link… (stays in the notebook)');
  }
}

function addressLabel(
  isRead: boolean | null,
  trans: TranslationBundle
): string {
  if (isRead === null) {
    return trans.__('Insert s3:// address (unknown if jobs can read it)');
  }
  return isRead
    ? trans.__('Insert s3:// address (jobs here can read it)')
    : trans.__('Insert s3:// address (jobs here cannot read it)');
}

function kindOf(how: unknown): InsertKind | undefined {
  return how === 'reference' || how === 'uri' || how === 'link'
    ? how
    : undefined;
}
