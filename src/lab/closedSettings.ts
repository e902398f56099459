import type { ISettingRegistry } from '@jupyterlab/settingregistry';

import { settingsPlugin } from './settings';

/** What a person, or their administrator, may switch off of what is seen while the panel is closed. */
export type ClosedSetting = 'notifications' | 'dropStrip';

/** Whether a part is wanted, as the settings are now; without a registry it is. */
export function followSetting(
  registry: Pick<ISettingRegistry, 'load'> | null,
  name: ClosedSetting
): () => boolean {
  let wanted = true;
  const apply = (settings: ISettingRegistry.ISettings): void => {
    wanted = settings.composite[name] !== false;
  };
  void registry
    ?.load(settingsPlugin.id)
    .then(settings => {
      apply(settings);
      settings.changed.connect(apply);
    })
    .catch(() => undefined); // the settings' own plugin has said it
  return () => wanted;
}
