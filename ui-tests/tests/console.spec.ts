import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect, test } from '../fixtures';
import { NotebookPage } from '../pages/notebook';

/** What a browser's console says of an extension that does not fit its JupyterLab. */
const MISFIT =
  /doesn't exist in shared scope|openeo|Plugin .* failed to activate/i;

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
  const required = /Unsatisfied version .*\(required ([^)]+)\)/.exec(text)?.[1];
  return required === undefined ? MISFIT.test(text) : OURS.has(required);
}

test('the console says nothing of us from the start to a copied link', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given a page whose console is written down
  const said: string[] = [];
  page.on('console', message => {
    if (message.type() === 'warning' || message.type() === 'error') {
      said.push(message.text());
    }
  });
  page.on('pageerror', error => said.push(`openeo? ${error.message}`));

  // When the panel is opened, somebody signs in, and a file is staged
  await NotebookPage.create(lab, 'quiet.ipynb', [{ type: 'code', source: '' }]);
  await panel.open('quiet.ipynb');
  await panel.signIn('alice');
  const file = desktop.file('quiet.bin', 3_000_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();
  await panel.copyLink(file.name);
  await panel.insert(file.name, 'Insert s3:// address (for Python)');

  // Then
  expect(said.filter(isAboutUs)).toEqual([]);
});
