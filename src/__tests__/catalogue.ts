import { readFileSync } from 'node:fs';

import { TranslationManager } from '@jupyterlab/translation';

import type { Catalogue } from '../text/translator';

/** The languages that are shipped. */
export const LANGUAGES = ['de_DE', 'fr_FR'] as const;

/** What JupyterLab puts before each text that came through it, where a person asks for that. */
const MARK = '!!';

const DOMAIN = 'jupyter_openeo_artifacts';

/** What is no text of ours: names, addresses, codes, commands, numbers with their units. */
const DATA = [
  /^[\d\s.,:·/%]*((([kMGTP]?(B|o))(\/s)?|s|min|h|PM|AM|B)\b[\d\s.,:·/%]*)*$/,
  /^(Example|Other|alice|WDJB-MJHT|jupyter server extension .*)$/,
  /^[\w-]+\.(bin|geojson|example|zip)(\/\S*)?$/,
  /^[\d./:, ]+\ns3:\/\/\S+$/,
  /^[\d,. \u202f\u00a0]+[kM]?[Bo] · \d+\.? \p{L}+\.?,? [\d:]+$/u, // size and moment
  /^\p{L}+,? \d+\.? \p{L}+$/u, // a day
  /^a\.bin, [\d,]+ [Bo], [\d,]+ M[Bo]\/s$/,
  /^(https|s3):\/\/\S+$/,
  /^jupyter-openeo-artifacts:[\w-]+$/ // the label of a command that a test has made up
];

/** A catalogue as it is shipped. */
export function catalogueOf(language: string): Catalogue {
  const file = `jupyter_openeo_artifacts/locale/${language}/LC_MESSAGES/${DOMAIN}.json`;
  return JSON.parse(readFileSync(file, 'utf8')) as Catalogue;
}

/** A catalogue whose texts are marked, as JupyterLab's translator marks its. */
export function marked(catalogue: Catalogue): Catalogue {
  return Object.fromEntries(
    Object.entries(catalogue).map(([text, own]) => [text, [`${MARK}${own[0]}`]])
  );
}

/** JupyterLab's own translator on what its server answers for a language, its texts marked. */
export async function translatorFor(
  language: string
): Promise<TranslationManager> {
  const manager = new TranslationManager('', MARK, undefined, {
    fetch: () =>
      Promise.resolve({
        data: { [DOMAIN]: catalogueOf(language) },
        message: ''
      })
  } as never);
  await manager.fetch(language);
  return manager;
}

/** Every text of elements, as it is seen or read out. */
export function textsOf(...roots: readonly Element[]): string[] {
  const texts = new Set<string>();
  for (const root of roots) {
    for (const node of [root, ...root.querySelectorAll('*')]) {
      for (const name of [
        'aria-label',
        'aria-valuetext',
        'placeholder',
        'title'
      ]) {
        texts.add(node.getAttribute(name)?.trim() ?? '');
      }
      for (const child of node.childNodes) {
        // A name may be in two parts.
        if (child instanceof Text && !node.closest('bdi')) {
          texts.add(child.data.trim());
        }
      }
    }
  }
  texts.delete('');
  return [...texts];
}

/** Those of texts that a language's translator has not given: without its mark, or in English still. */
export function untranslated(
  texts: readonly string[],
  language: string
): string[] {
  const english = Object.entries(catalogueOf(language))
    .filter(
      ([text, own]) =>
        patternOf(text) !== patternOf(own[0] ?? '') &&
        /\p{L}/u.test(text.replace(/%\d/g, ''))
    )
    .map(([text]) => new RegExp(`^${patternOf(text)}$`, 'u'));
  return texts.filter(text => {
    const plain = text.split(MARK).join('');
    return (
      (plain === text && !DATA.some(data => data.test(text))) ||
      english.some(pattern => pattern.test(plain))
    );
  });
}

function patternOf(text: string): string {
  const [own = ''] = text.split('\u0004').slice(-1);
  return own.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replace(/%\d/g, '.+');
}
