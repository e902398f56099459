import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

import { CommandIDs } from '../app';
import { artifactsIcon } from './icon';
import { DOMAIN, IOpenEOArtifacts, PANEL_ID } from './tokens';
import { addArtifactCommands } from './artifactCommands';
import { addFileCommands } from './fileCommands';
import { addSessionCommands } from './sessionCommands';
import { addStoredCommands } from './storedCommands';
import { addUploadCommands } from './uploadCommands';
import { showPanel } from './sidearea';

const NO_ARGS: ReadonlyJSONObject = { type: 'object', properties: {} };

/** Those that need no argument: all that can be done is in the palette. */
const IN_PALETTE = [
  CommandIDs.open,
  CommandIDs.signIn,
  CommandIDs.chooseFiles,
  CommandIDs.stage,
  CommandIDs.stageDocument,
  CommandIDs.insert,
  CommandIDs.copyLink,
  CommandIDs.copyURI,
  CommandIDs.filter,
  CommandIDs.cancelAll,
  CommandIDs.refresh,
  CommandIDs.switchBackend,
  CommandIDs.signOut
] as const;

/** The commands, and those of them that are in the palette. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:commands',
  description: 'Adds the commands of the openEO artifacts panel.',
  autoStart: true,
  requires: [IOpenEOArtifacts],
  optional: [ILabShell, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    shared: IOpenEOArtifacts,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands } = app;
    const show = (): void => showPanel(app.shell, labShell, PANEL_ID);

    commands.addCommand(CommandIDs.open, {
      label: trans.__('openEO artifacts'),
      caption: trans.__('Show the openEO artifacts panel'),
      icon: artifactsIcon,
      describedBy: { args: NO_ARGS },
      execute: async () => {
        await afterPalette();
        show();
      }
    });
    commands.addCommand(CommandIDs.filter, {
      label: trans.__('Filter openEO artifacts'),
      describedBy: { args: NO_ARGS },
      execute: async () => {
        await afterPalette();
        show();
        await nextFrame();
        document
          .getElementById(PANEL_ID)
          ?.querySelector<HTMLElement>('input[type="search"]')
          ?.focus();
      }
    });
    commands.addCommand(CommandIDs.refresh, {
      label: trans.__('Refresh openEO artifacts'),
      caption: trans.__('Read connections, uploads and artifacts again'),
      icon: refreshIcon,
      describedBy: { args: NO_ARGS },
      execute: async () => {
        const { model } = shared;
        await model.refresh();
        if (model.snapshot.outage === null) {
          model.notices.say(trans.__('The lists are up to date.'));
        }
      }
    });
    addFileCommands(app, shared, show, trans);
    addSessionCommands(commands, shared.model, show, trans);
    addArtifactCommands(commands, shared, trans);
    addStoredCommands(commands, shared, trans);
    addUploadCommands(commands, shared.model, trans);

    const category = trans.__('openEO');
    for (const command of IN_PALETTE) {
      palette?.addItem({ command, category });
    }
  }
};

/**
 * Once a command returns, the palette gives the focus back to the notebook, and that in the next
 * frame to its cell.
 */
async function afterPalette(): Promise<void> {
  await nextFrame();
  await nextFrame();
}

async function nextFrame(): Promise<void> {
  await new Promise(resolve => requestAnimationFrame(resolve));
}
