import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, linkIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

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
  const known = (args: ReadonlyPartialJSONObject): Artifact | undefined =>
    typeof args.id === 'string' ? model.artifact(args.id) : undefined;
  /** The artifact of that id; without one the newest, where `newest` allows it. */
  const find = async (
    args: ReadonlyPartialJSONObject,
    newest = true
  ): Promise<Artifact | undefined> => {
    if (args.id === undefined && !newest) {
      return undefined;
    }
    if (!known(args)) {
      await model.refresh(); // the panel may not have been opened yet
    }
    const found = args.id === undefined ? model.newest : known(args);
    if (!found) {
      model.notices.fail(
        args.id === undefined
          ? trans.__('There is no staged file yet.')
          : trans.__('This file is not on the list any more.')
      );
    }
    return found;
  };
  // Of a menu's or a key's, nothing is known before it is asked for.
  const isEnabled = (args: ReadonlyPartialJSONObject): boolean =>
    args.id === undefined || known(args) !== undefined;
  const describedBy = {
    args: newestArgs(trans)
  };

  commands.addCommand(CommandIDs.copyLink, {
    label: args =>
      args.id === undefined
        ? trans.__('Copy link to the newest openEO artifact')
        : trans.__('Copy link'),
    caption: trans.__('Copy a new link with the longest lifetime possible'),
    icon: linkIcon,
    describedBy,
    isEnabled,
    execute: async args => {
      const artifact = await find(args);
      return artifact && inserter.copyLink(artifact);
    }
  });
  commands.addCommand(CommandIDs.copyURI, {
    label: args =>
      args.id === undefined
        ? trans.__('Copy s3:// address of the newest openEO artifact')
        : trans.__('Copy s3:// address'),
    icon: copyIcon,
    describedBy,
    isEnabled,
    execute: async args => {
      const artifact = await find(args);
      return artifact && inserter.copyURI(artifact);
    }
  });
  commands.addCommand(CommandIDs.insert, {
    label: args => {
      if (args.id === undefined) {
        return trans.__('Insert the newest openEO artifact');
      }
      const kind = kindOf(args.how);
      const connection = connectionOf(model.snapshot.session);
      return kind
        ? insertLabel(inserter.kindHere(kind), connection, trans)
        : trans.__('Insert openEO artifact');
    },
    describedBy: {
      args: {
        type: 'object',
        properties: {
          ...newestArgs(trans).properties,
          how: {
            type: 'string',
            enum: ['reference', 'uri', 'link'],
            description: trans.__('The setting’s choice if absent')
          }
        }
      }
    },
    isEnabled,
    execute: async args => {
      const artifact = await find(args);
      return artifact && inserter.insert(artifact, kindOf(args.how));
    }
  });
  commands.addCommand(CommandIDs.forgetArtifact, {
    label: trans.__('Remove from list…'),
    caption: trans.__('Remove it from the list; the stored file stays'),
    describedBy: { args: idArgs(trans.__('The artifact’s id')) },
    isEnabled: args => known(args) !== undefined,
    execute: async args => {
      const artifact = await find(args, false);
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
        await attempt(model, async () => {
          await model.forgetArtifact(artifact.id);
          model.notices.say(trans.__('“%1” is off the list.', artifact.name));
        });
      }
    }
  });
}

function newestArgs(trans: TranslationBundle): {
  readonly type: 'object';
  readonly properties: ReadonlyJSONObject;
} {
  return {
    type: 'object',
    properties: {
      id: {
        type: 'string',
        description: trans.__('The artifact’s id; the newest one’s if absent')
      }
    }
  };
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
