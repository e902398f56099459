import { Dialog, InputDialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

import { CommandIDs } from '../app';
import { type PanelModel, countUnlisted, isRunning } from '../model';
import { attempt } from './attempt';
import { SigningOut } from './signOut';

const NO_ARGS: ReadonlyJSONObject = { type: 'object', properties: {} };

/** Who is signed in where, and what that person has on its way. */
export function addSessionCommands(
  commands: CommandRegistry,
  model: PanelModel,
  show: () => void,
  trans: TranslationBundle
): void {
  const { session } = model;
  const signingOut = new SigningOut(model, trans);

  commands.addCommand(CommandIDs.signIn, {
    label: trans.__('Sign in to the openEO backend'),
    describedBy: { args: NO_ARGS },
    isEnabled: () => model.snapshot.session.state !== 'signed_in',
    execute: async () => {
      show();
      await session.settled();
      const { state } = session;
      // A code that is shown, or a question that is asked, is what comes next.
      const asked =
        state.state === 'signed_out' &&
        state.connection.problem?.code === 'login_to_confirm';
      if (
        !asked &&
        state.state !== 'signed_in' &&
        state.state !== 'signing_in'
      ) {
        await attempt(model, () => session.signIn());
      }
    }
  });
  commands.addCommand(CommandIDs.signOut, {
    label: trans.__('Sign out of the openEO backend'),
    caption: trans.__('Forget the login; asks about files on their way'),
    describedBy: { args: NO_ARGS },
    isEnabled: () => model.snapshot.session.state === 'signed_in',
    execute: () => attempt(model, () => signingOut.ask())
  });
  commands.addCommand(CommandIDs.switchBackend, {
    label: trans.__('Switch openEO backend…'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          backend: {
            type: 'string',
            description: trans.__('Its address; asks for it if absent')
          }
        }
      }
    },
    execute: async args => {
      await session.settled();
      const backend =
        typeof args.backend === 'string'
          ? args.backend
          : await askBackend(model, trans);
      if (backend) {
        show();
        await attempt(model, () => session.choose(backend));
      }
    }
  });
  commands.addCommand(CommandIDs.cancelAll, {
    label: trans.__('Cancel all uploads to openEO…'),
    describedBy: { args: NO_ARGS },
    isEnabled: () => countRunning(model) > 0,
    execute: async () => {
      const count = countRunning(model);
      const { button } = await showDialog({
        title: trans.__('Cancel all uploads?'),
        body: trans._n(
          '%1 file is on its way. Nothing of it stays in storage.',
          '%1 files are on their way. Nothing of them stays in storage.',
          count
        ),
        buttons: [
          Dialog.cancelButton({ label: trans.__('Go on') }),
          Dialog.warnButton({ label: trans.__('Cancel uploads') })
        ]
      });
      if (button.accept) {
        await attempt(model, () => model.all.cancel());
      }
    }
  });
}

/** How many files are on their way, of whichever account. */
function countRunning({ snapshot }: PanelModel): number {
  return snapshot.uploads.filter(isRunning).length + countUnlisted(snapshot);
}

/** The address of a backend on offer, or of another one where that is allowed. */
async function askBackend(
  model: PanelModel,
  trans: TranslationBundle
): Promise<string | null> {
  const { backends, status } = model.snapshot;
  const { value } = await InputDialog.getItem({
    title: trans.__('Which openEO backend?'),
    items: backends.map(({ url }) => url),
    editable: status?.allow_other_backends ?? false,
    okLabel: trans.__('Use this backend')
  });
  return value;
}
