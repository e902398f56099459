import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { CommandIDs } from '../app';
import type { ArtifactsModel } from '../model';
import { attempt, idArgs } from './attempt';

/** What can be done with a file on its way. */
export function addUploadCommands(
  commands: CommandRegistry,
  model: ArtifactsModel,
  trans: TranslationBundle
): void {
  const isEnabled = (args: ReadonlyPartialJSONObject): boolean =>
    model.snapshot.uploads.some(upload => upload.id === args.id);
  const describedBy = { args: idArgs(trans.__('The upload’s id')) };

  commands.addCommand(CommandIDs.cancelUpload, {
    label: trans.__('Cancel staging'),
    describedBy,
    isEnabled,
    execute: args => attempt(model, () => model.uploads.cancel(String(args.id)))
  });
  commands.addCommand(CommandIDs.retryUpload, {
    label: trans.__('Try staging again'),
    describedBy,
    isEnabled,
    execute: args => attempt(model, () => model.uploads.retry(String(args.id)))
  });
  commands.addCommand(CommandIDs.forgetUpload, {
    label: trans.__('Dismiss staging upload'),
    describedBy,
    isEnabled,
    execute: args => attempt(model, () => model.uploads.forget(String(args.id)))
  });
}
