import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

import { CommandIDs } from '../app';
import { readChosen } from '../files';
import { artifactsIcon } from './icon';
import type { IOpenEOArtifacts } from './tokens';

const NO_ARGS: ReadonlyJSONObject = { type: 'object', properties: {} };

/** The ways in which files are staged. */
export function addFileCommands(
  app: JupyterFrontEnd,
  { intake, model }: IOpenEOArtifacts,
  show: () => void,
  trans: TranslationBundle
): void {
  app.commands.addCommand(CommandIDs.stage, {
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
            description: trans.__(
              'Contents paths; the file browser’s selection if absent'
            )
          }
        }
      }
    },
    execute: async args => {
      const paths = Array.isArray(args.paths)
        ? args.paths.filter((path): path is string => typeof path === 'string')
        : Array.from(
            (await currentBrowser(app))?.selectedItems() ?? [],
            item => item.path
          );
      show();
      if (paths.length === 0) {
        model.notices.fail(trans.__('Select files in the file browser first.'));
        return;
      }
      await intake.takePaths(paths);
    }
  });
  app.commands.addCommand(CommandIDs.stageDocument, {
    label: args =>
      args.tab === true
        ? trans.__('Stage as openEO artifact')
        : trans.__('Stage the open file as openEO artifact'),
    caption: trans.__('Stage the file of this document for openEO jobs'),
    icon: artifactsIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          tab: {
            type: 'boolean',
            description: trans.__(
              'The document of the tab that the context menu is on; the one in front if absent'
            )
          }
        }
      }
    },
    isEnabled: args => documentOf(app, args.tab === true) !== null,
    execute: async args => {
      const found = documentOf(app, args.tab === true);
      if (found && (await isSaved(found, trans))) {
        show();
        await intake.takePaths([found.path]);
      }
    }
  });
  app.commands.addCommand(CommandIDs.chooseFiles, {
    label: trans.__('Choose files to stage for openEO…'),
    describedBy: { args: NO_ARGS },
    execute: () => {
      const input = document.createElement('input');
      input.type = 'file';
      input.multiple = true;
      input.addEventListener('change', () => {
        show();
        void intake.takeDropped(readChosen(input));
      });
      input.click();
    }
  });
}

/** A document's context, as much as is used of it: the package that has it may not be there. */
interface IDocument {
  readonly path: string;
  readonly model?: { readonly dirty: boolean };
  save(): Promise<void>;
}

/** The document of the tab that the context menu is on, or the one in front. */
function documentOf(app: JupyterFrontEnd, ofTab: boolean): IDocument | null {
  const { shell } = app;
  const tab = ofTab
    ? app.contextMenuHitTest(node => node.dataset.type === 'document-title')
    : undefined;
  const clicked = tab?.dataset.id
    ? Array.from(shell.widgets('main')).find(({ id }) => id === tab.dataset.id)
    : undefined;
  const widget: (Widget & { context?: IDocument }) | null =
    clicked ?? shell.currentWidget;
  return widget?.context ?? null;
}

/** Whether a document's file is what is seen; what was changed is saved first, after asking. */
async function isSaved(
  found: IDocument,
  trans: TranslationBundle
): Promise<boolean> {
  if (!found.model?.dirty) {
    return true;
  }
  const { button } = await showDialog({
    title: trans.__('Save it before it is staged?'),
    body: trans.__(
      '“%1” has changes that are not in its file yet.',
      found.path.split('/').pop() ?? found.path
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Save and stage') })
    ]
  });
  if (button.accept) {
    await found.save();
  }
  return button.accept;
}

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
