import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, linkIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

import type { Artifact, Connection } from '../transport';
import { CommandIDs, LINK_FORMS } from '../app';
import { type InsertKind, type LinkForm, MOST } from '../insert';
import { connectionOf } from '../model';
import type { IOpenEOArtifacts } from './tokens';
import { attempt } from './attempt';

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
  /** The artifacts of those ids; null where there are none. */
  const several = (
    args: ReadonlyPartialJSONObject
  ): readonly Artifact[] | null =>
    Array.isArray(args.ids)
      ? args.ids.flatMap(id => model.artifact(String(id)) ?? [])
      : null;
  /** Whether so many can be done at once; if not, that is said. */
  const fits = ({ length }: readonly Artifact[]): boolean => {
    if (length > MOST) {
      model.notices.fail(
        trans.__(
          '%1 files are selected; links and code are made for %2 at a time.',
          length,
          MOST
        )
      );
    }
    return length > 0 && length <= MOST;
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
  commands.addCommand(CommandIDs.copyLinks, {
    label: args => copyLabel(formOf(args.form), trans),
    describedBy: {
      args: {
        type: 'object',
        required: ['ids'],
        properties: {
          ...idsArg(trans),
          form: {
            type: 'string',
            enum: [...LINK_FORMS],
            description: trans.__('A line each, if absent')
          }
        }
      }
    },
    isEnabled: args => several(args) !== null,
    execute: args => {
      const artifacts = several(args) ?? [];
      return fits(artifacts)
        ? inserter.copyLinks(artifacts, formOf(args.form))
        : undefined;
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
      if (args.ids !== undefined) {
        return trans.__('Insert as artifacts = {…}');
      }
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
          ...idsArg(trans),
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
      const chosen = several(args);
      if (chosen) {
        return fits(chosen)
          ? inserter.insert(chosen, kindOf(args.how))
          : undefined;
      }
      const artifact = await find(args);
      return artifact && inserter.insert([artifact], kindOf(args.how));
    }
  });
  commands.addCommand(CommandIDs.forgetArtifact, {
    label: trans.__('Remove from list…'),
    caption: trans.__('Remove it from the list; the stored file stays'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          id: { type: 'string', description: trans.__('The artifact’s id') },
          ...idsArg(trans)
        }
      }
    },
    isEnabled: args => known(args) !== undefined || several(args) !== null,
    execute: async args => {
      const one = args.ids === undefined ? await find(args, false) : undefined;
      const artifacts = several(args) ?? (one ? [one] : []);
      if (artifacts.length === 0) {
        return;
      }
      const answer = await showDialog({
        ...describeForgetting(artifacts, trans),
        buttons: [
          Dialog.cancelButton({ label: trans.__('Cancel') }),
          Dialog.warnButton({ label: trans.__('Remove') })
        ]
      });
      if (answer.button.accept) {
        await attempt(model, async () => {
          for (const { id } of artifacts) {
            await model.forgetArtifact(id);
          }
          model.notices.say(
            artifacts.length > 1
              ? trans.__('%1 files are off the list.', artifacts.length)
              : trans.__('“%1” is off the list.', artifacts[0]?.name)
          );
        });
      }
    }
  });
}

function idsArg(trans: TranslationBundle): ReadonlyJSONObject {
  return {
    ids: {
      type: 'array',
      items: { type: 'string' },
      description: trans.__('The ids of several artifacts')
    }
  };
}

function describeForgetting(
  artifacts: readonly Artifact[],
  trans: TranslationBundle
): { readonly title: string; readonly body: string } {
  const [first, ...others] = artifacts;
  return others.length === 0
    ? {
        title: trans.__('Remove this file from the list?'),
        body: trans.__(
          '“%1” goes off the list. The stored file stays until the provider removes it, and links to it go on working until they end.',
          first?.name
        )
      }
    : {
        title: trans.__('Remove these files from the list?'),
        body: trans.__(
          '%1 files go off the list. The stored files stay until the provider removes them, and links to them go on working until they end.',
          artifacts.length
        )
      };
}

function formOf(form: unknown): LinkForm {
  return LINK_FORMS.find(each => each === form) ?? 'lines';
}

function copyLabel(form: LinkForm, trans: TranslationBundle): string {
  switch (form) {
    case 'lines':
      return trans.__('Copy links, a line each');
    case 'dict':
      return trans.__('Copy links as a Python dict');
    case 'csv':
      return trans.__('Copy links as CSV');
  }
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
