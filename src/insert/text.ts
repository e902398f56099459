/**
 * The texts that are written in the page: of files that no storage has. Those of artifacts are the
 * engine's (`writeSnippet`).
 */

/** The one line to run where the kernel lacks our package. */
export const PIP_INSTALL = '%pip install jupyter-openeo-artifacts';

/**
 * A string literal, the same in Python and in most other languages.
 *
 * Characters that show nothing themselves but turn the writing direction or join others (Unicode's
 * Cf, Zl and Zp) are escaped: the line reads as it runs.
 */
export function literal(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, character => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A geometry as Python: JSON inside a string literal, so that null and true need no translation. */
export function geometryText(geojson: unknown): string {
  return [
    'import json',
    '',
    `geometry = json.loads(${literal(JSON.stringify(geojson))})`
  ].join('\n');
}
