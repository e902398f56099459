import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { CommandIDs } from '../commands';
import type { ArtifactsModel } from '../model';
import { attempt, idArgs } from './attempt';

/** What can be done with a file on its way. */
export function addJobCommands(
  commands: CommandRegistry,
  model: ArtifactsModel,
  trans: TranslationBundle
): void {
  const isEnabled = (args: ReadonlyPartialJSONObject): boolean =>
    model.snapshot.jobs.some(job => job.id === args.id);
  const describedBy = { args: idArgs(trans.__('The job’s id')) };

  commands.addCommand(CommandIDs.cancelJob, {
    label: trans.__('Cancel staging'),
    describedBy,
    isEnabled,
    execute: args => attempt(model, () => model.cancelJob(String(args.id)))
  });
  commands.addCommand(CommandIDs.retryJob, {
    label: trans.__('Try staging again'),
    describedBy,
    isEnabled,
    execute: args => attempt(model, () => model.retryJob(String(args.id)))
  });
  commands.addCommand(CommandIDs.forgetJob, {
    label: trans.__('Dismiss staging job'),
    describedBy,
    isEnabled,
    execute: args => attempt(model, () => model.forgetJob(String(args.id)))
  });
}
