import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import type { InsertKind, Lifetime } from '../insert';
import { AT_ONCE, type IBackend, tellAtOnce, toldAtOnce } from '../model';
import { IOpenEOArtifacts } from './tokens';

const INSERT_KINDS: readonly InsertKind[] = ['reference', 'uri', 'link'];
const LIFETIMES: readonly Lifetime[] = ['hour', 'six_hours', 'longest'];

/** Carries the person's settings to the model; without a setting registry the defaults hold. */
export const settingsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:settings',
  description: 'Applies the settings of the openEO artifacts panel.',
  autoStart: true,
  requires: [IOpenEOArtifacts],
  optional: [ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    artifacts: IOpenEOArtifacts,
    registry: ISettingRegistry | null
  ): void => {
    const { model, inserter } = artifacts;
    const apply = (settings: ISettingRegistry.ISettings): void => {
      const { backends, concurrentUploads, insertKind, linkLifetime } =
        settings.composite;
      tellAtOnce(
        typeof concurrentUploads === 'number' ? concurrentUploads : AT_ONCE
      );
      model.sender.turns.queue.limit = toldAtOnce();
      model.extraBackends = (
        Array.isArray(backends) ? (backends as unknown as IBackend[]) : []
      ).map(({ url, title }) => ({ url, title: title || url }));
      inserter.preferences = {
        kind: INSERT_KINDS.find(kind => kind === insertKind) ?? 'reference',
        lifetime:
          LIFETIMES.find(lifetime => lifetime === linkLifetime) ?? 'longest'
      };
    };
    void registry
      ?.load(settingsPlugin.id)
      .then(settings => {
        apply(settings);
        settings.changed.connect(apply);
      })
      .catch((error: unknown) => {
        console.error(
          'openEO artifacts: the settings could not be read',
          error
        );
      });
  }
};
