import * as fs from 'node:fs';
import * as path from 'node:path';

import { Page } from '@playwright/test';

/** What a browser's console says of an extension that does not fit its application. */
const MISFIT =
  /doesn't exist in shared scope|openeo|Plugin .* failed to activate/i;

/** What JupyterLab says of every plugin on a machine that is slow just then. */
const SLOW = /^Plugin .* took [\d.]+ms to activate/;

/** Where our code lies in a page; JupyterLab and Notebook raise errors of their own where we are not, too. */
const OUR_CODE = /extensions\/jupyter-openeo-artifacts\//;

interface IManifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly resolutions: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(
  fs.readFileSync(path.join(__dirname, '..', '..', 'package.json'), 'utf8')
) as IManifest;

/** The bounds that our extension may name; other extensions of an environment name others. */
const OURS: ReadonlySet<string> = new Set([
  ...Object.values(manifest.dependencies),
  ...Object.values(manifest.resolutions).map(version => `^${version}`)
]);

/** Whether a line of the console is about us. */
function isAboutUs(text: string): boolean {
  if (SLOW.test(text)) {
    return false;
  }
  const required = /Unsatisfied version .*\(required ([^)]+)\)/.exec(text)?.[1];
  return required === undefined ? MISFIT.test(text) : OURS.has(required);
}

/** Keep what the console of a page complains of us from now on. */
export function recordComplaints(page: Page): readonly string[] {
  const said: string[] = [];
  const note = (text: string): void => {
    if (isAboutUs(text)) {
      said.push(text);
    }
  };
  page.on('console', message => {
    if (message.type() === 'warning' || message.type() === 'error') {
      note(message.text());
    }
  });
  page.on('pageerror', error => {
    if (OUR_CODE.test(error.stack ?? '') || MISFIT.test(error.message)) {
      said.push(error.message);
    }
  });
  return said;
}
