import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import { JSONExt } from '@lumino/coreutils';

/** The settings' plugin; modelPlugin.ts must not import settings.ts, which needs it. */
const ID = 'jupyter-openeo-artifacts:settings';

/** Which strings of a schema are texts, and of which context (jupyterlab_server.translation_utils). */
const SELECTORS: readonly (readonly [RegExp, string])[] = [
  [/^\/properties\/.*\/(title|description)$/, 'settings'],
  [/^\/(title|description)$/, 'schema'],
  [/^\/jupyter\.lab\.setting-icon-label$/, 'settings']
];

/**
 * Have the settings' titles and descriptions in the person's language. Jupyter's server translates them
 * only from language packs, not from a package's own catalogue.
 */
export function translateSettings(
  registry: Pick<ISettingRegistry, 'transform'>,
  trans: Pick<TranslationBundle, '_p'>
): void {
  registry.transform(ID, {
    fetch: plugin => {
      const schema = JSONExt.deepCopy(plugin.schema as never);
      translate(schema, '', trans);
      return { ...plugin, schema };
    }
  });
}

/** Translate the strings below a part of a schema, in place. */
function translate(
  part: Record<string, unknown>,
  path: string,
  trans: Pick<TranslationBundle, '_p'>
): void {
  for (const [key, value] of Object.entries(part)) {
    const place = `${path}/${key}`;
    if (typeof value === 'string') {
      const context = SELECTORS.find(([selector]) => selector.test(place))?.[1];
      // eslint-disable-next-line jupyter/no-dynamic-translation -- tools/catalogues.mjs reads the schema
      part[key] = context ? trans._p(context, value) : value;
    } else if (
      typeof value === 'object' &&
      value !== null &&
      key !== 'default' // an administrator's own words
    ) {
      translate(value as Record<string, unknown>, place, trans);
    }
  }
}
