/**
 * The texts that are inserted in notebooks. Names and addresses enter them as data: through
 * `JSON.stringify` in code (a JSON string is a Python string literal of the same characters) and
 * escaped in Markdown, never pasted.
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

/** Two lines that mint the URL when they run, so that nothing secret is in the notebook. */
export function referenceText(uri: string, backend: string): string {
  return [
    'from jupyter_openeo_artifacts import presigned_url',
    `url = presigned_url(${literal(uri)}, backend=${literal(backend)})`
  ].join('\n');
}

/** The storage URI as a Python statement. */
export function uriText(uri: string): string {
  return `uri = ${literal(uri)}`;
}

/** A presigned URL as a Python statement that says until when it works. */
export function presignedText(url: string, until: Date): string {
  return `url = ${literal(url)}  # works until ${timestamp(until)}`;
}

/** A link in Markdown; the name is shown as it is, whatever characters it has. */
export function markdownLink(name: string, url: string): string {
  return `[${escapeMarkdown(name)}](<${url.replace(/[<>\\\s]/g, encodeURIComponent)}>)`;
}

/** Text in Markdown as code, fenced by one more backtick than it holds in a row. */
export function markdownCode(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  const longest = Math.max(
    0,
    ...(line.match(/`+/g) ?? []).map(run => run.length)
  );
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Text that Markdown shows as it is: no markup, no HTML, no formula, on one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]()<>#+\-.!|~$&:@/"']/g, '\\$&');
}

/** A geometry as Python: JSON inside a string literal, so that null and true need no translation. */
export function geometryText(geojson: unknown): string {
  return [
    'import json',
    '',
    `geometry = json.loads(${literal(JSON.stringify(geojson))})`
  ].join('\n');
}

/** A moment with its offset from UTC, to the minute: 2026-11-23 02:14 UTC+01:00. */
export function timestamp(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const two = (value: number): string =>
    String(Math.floor(Math.abs(value))).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const zone = `${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())} UTC${zone}`;
}
