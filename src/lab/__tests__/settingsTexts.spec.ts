import { readFileSync } from 'node:fs';

import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  type ISettingRegistry,
  SettingRegistry
} from '@jupyterlab/settingregistry';

import { waitFor } from '@testing-library/react';

import { catalogueOf, translatorFor } from '../../__tests__/catalogue';
import { FakeServer } from '../../__tests__/fakeServer';
import type { Inserter } from '../../insert';
import { makePanelModel } from '../../model';
import { settingsPlugin } from '../settings';
import { translateSettings } from '../settingsTexts';
import { DOMAIN } from '../tokens';

/** JupyterLab's registry on what its server answers where overrides.json has `overrides`. */
function registryWith(overrides: Record<string, unknown>): SettingRegistry {
  const schema = JSON.parse(readFileSync('schema/settings.json', 'utf8')) as {
    properties: Record<string, { default: unknown }>;
  };
  for (const [name, value] of Object.entries(overrides)) {
    schema.properties[name]!.default = value;
  }
  return new SettingRegistry({
    connector: {
      fetch: (id: string) =>
        Promise.resolve({
          id,
          raw: '{}',
          schema,
          data: { composite: {}, user: {} },
          version: '0'
        })
    } as never
  });
}

describe('The settings', () => {
  it('are named in the language of the person', async () => {
    const registry = registryWith({});
    const trans = (await translatorFor('de_DE')).load(DOMAIN);
    translateSettings(registry, trans);
    const { schema } = await registry.load(settingsPlugin.id);
    const german = (key: string): string =>
      `!!${catalogueOf('de_DE')[key]![0]}`;
    const { concurrentUploads, insertKind } = schema.properties!;
    expect(schema.title).toBe(german('schema\u0004openEO artifacts'));
    expect(concurrentUploads!.title).toBe(
      german('settings\u0004Files sent at a time')
    );
    expect(insertKind!.oneOf).toContainEqual({
      const: 'uri',
      title: german('settings\u0004The s3:// address')
    });
    // A default is no text
    expect(insertKind!.default).toBe('reference');
  });

  it('take the defaults of an administrator, and a person’s own before those', async () => {
    // Given
    const registry = registryWith({
      backends: [{ url: 'https://our.example', title: 'Ours' }],
      concurrentUploads: 1,
      insertKind: 'uri'
    });
    const trans = (await translatorFor('de_DE')).load(DOMAIN);
    translateSettings(registry, trans);
    const model = makePanelModel(new FakeServer().transport());
    const inserter = {} as Inserter;
    // When
    void settingsPlugin.activate(
      {} as JupyterFrontEnd,
      { model, inserter },
      registry as ISettingRegistry
    );
    const settings = await registry.load(settingsPlugin.id);
    // Then
    await waitFor(() => expect(inserter.preferences).toBeDefined());
    await model.refresh();
    expect(model.snapshot.backends).toContainEqual({
      url: 'https://our.example',
      title: 'Ours'
    });
    expect(inserter.preferences).toEqual({ kind: 'uri', lifetime: 'longest' });
    expect(settings.default('concurrentUploads')).toBe(1);
    model.dispose();
  });
});
