import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

import { CommandIDs } from '../app';
import { artifactsIcon } from './icon';
import { DOMAIN, IOpenEOArtifacts, PANEL_ID } from './tokens';
import { addArtifactCommands } from './artifactCommands';
import { attempt } from './attempt';
import { addUploadCommands } from './uploadCommands';
import { showPanel } from './sidearea';

const NO_ARGS: ReadonlyJSONObject = { type: 'object', properties: {} };

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

    commands.addCommand(CommandIDs.open, {
      label: trans.__('openEO artifacts'),
      caption: trans.__('Show the openEO artifacts panel'),
      icon: artifactsIcon,
      describedBy: { args: NO_ARGS },
      execute: async () => {
        // Once this returns, the command palette gives the focus back to the notebook, and that
        // in the next frame to its cell.
        await nextFrame();
        await nextFrame();
        showPanel(app.shell, labShell, PANEL_ID);
      }
    });
    commands.addCommand(CommandIDs.refresh, {
      label: trans.__('Refresh openEO artifacts'),
      caption: trans.__('Read connections, uploads and artifacts again'),
      icon: refreshIcon,
      describedBy: { args: NO_ARGS },
      execute: () => shared.model.refresh()
    });
    commands.addCommand(CommandIDs.stage, {
      label: trans.__('Stage as openEO artifact'),
      caption: trans.__('Stage the selected files for openEO jobs'),
      icon: artifactsIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            paths: {
              type: 'array',
              items: { type: 'string' },
              description:
                'Contents paths; the file browser’s selection if absent'
            }
          }
        }
      },
      execute: async args => {
        const paths = Array.isArray(args.paths)
          ? args.paths.filter(
              (path): path is string => typeof path === 'string'
            )
          : Array.from(
              (await currentBrowser(app))?.selectedItems() ?? [],
              item => item.path
            );
        showPanel(app.shell, labShell, PANEL_ID);
        if (paths.length === 0) {
          shared.model.notices.fail(
            trans.__('Select files in the file browser first.')
          );
          return;
        }
        await shared.intake.takePaths(paths);
      }
    });
    commands.addCommand(CommandIDs.signOut, {
      label: trans.__('Sign out of the openEO backend'),
      describedBy: { args: NO_ARGS },
      isEnabled: () => shared.model.snapshot.session.state === 'signed_in',
      execute: () => attempt(shared.model, () => shared.model.session.signOut())
    });
    addArtifactCommands(commands, shared, trans);
    addUploadCommands(commands, shared.model, trans);

    const category = trans.__('openEO');
    for (const command of [
      CommandIDs.open,
      CommandIDs.stage,
      CommandIDs.refresh,
      CommandIDs.signOut
    ]) {
      palette?.addItem({ command, category });
    }
  }
};

/**
 * The file browser that is in use, if the application has one.
 *
 * Its package is asked for only here: an application without it (Voila) would refuse to load an
 * extension that names it at the start.
 */
async function currentBrowser(
  app: JupyterFrontEnd
): Promise<FileBrowser | null> {
  try {
    const { IDefaultFileBrowser, IFileBrowserFactory } =
      await import('@jupyterlab/filebrowser');
    const browsers = await app.resolveOptionalService(IFileBrowserFactory);
    return (
      browsers?.tracker.currentWidget ??
      (await app.resolveOptionalService(IDefaultFileBrowser))
    );
  } catch {
    return null;
  }
}

async function nextFrame(): Promise<void> {
  await new Promise(resolve => requestAnimationFrame(resolve));
}
