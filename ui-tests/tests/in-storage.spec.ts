import * as fs from 'node:fs';

import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { FileBrowser } from '../pages/filebrowser';

test('what lies in storage is listed, verified, saved and deleted', async ({
  page,
  lab,
  panel
}) => {
  // Given a file of JupyterLab's that is staged, and taken off the list
  const content = Buffer.alloc(3_000_000, 'field');
  const name = 'a field with a long name, of the year 2026.tif';
  lab.write(name, content);
  await panel.open();
  await panel.signIn('alice');
  const files = new FileBrowser(page);
  await files.show();
  await files.choose(name, 'Stage as openEO artifact');
  await panel.show();
  await expect(panel.artifact(name)).toBeVisible();
  const dialog = page.getByRole('dialog');
  await panel.artifact(name).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Remove from list…' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(panel.artifact(name)).toBeHidden();

  // When somebody looks into the storage
  await panel.button('In storage').click();
  const storage = panel.region.getByRole('region', { name: /^In storage \(/ });
  const object = storage.getByRole('row', { name: `${name}, ` });
  const choose = async (entry: string): Promise<void> => {
    await object.getByRole('button', { name: `More for ${name}` }).click();
    await page.getByRole('menuitem', { name: entry }).click();
  };
  await expect(object).toContainText('3.0 MB');
  await expect(
    storage.getByRole('heading', { name: /^Today · / })
  ).toBeVisible();

  // Then it comes on the list by one click
  await choose('Add to list');
  await expect(object).toContainText('listed');
  await expect(panel.artifact(name)).toBeVisible();

  // And it is verified, and saved with the same bytes
  await choose('Verify');
  await expect(dialog).toContainText(`“${name}” is in storage`);
  await expect(dialog).toContainText('A new link to it works.');
  await dialog.getByRole('button', { name: 'Close' }).click();
  const saved = page.waitForEvent('download');
  await choose('Download');
  const download = await saved;
  expect(download.suggestedFilename()).toBe(name);
  expect(sha256(fs.readFileSync(await download.path()))).toBe(sha256(content));

  // And it is deleted after a yes, with its place on the list
  await choose('Delete in storage…');
  await expect(dialog).toContainText(`“${name}” is deleted for good.`);
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(object).toBeHidden();
  await expect(panel.artifact(name)).toBeHidden();
});

test(
  'a staged file is staged again from its path',
  { tag: '@slow' },
  async ({ page, lab, panel }) => {
    // Given
    const name = 'area.geojson';
    lab.write(
      name,
      Buffer.from('{"type": "FeatureCollection", "features": []}')
    );
    await panel.open();
    await panel.signIn('alice');
    const files = new FileBrowser(page);
    await files.show();
    await files.choose(name, 'Stage as openEO artifact');
    await panel.show();
    await expect(panel.artifact(name)).toHaveCount(1);
    // When
    await panel.artifact(name).click({ button: 'right' });
    await page
      .getByRole('menuitem', { name: `Stage again from ${name}` })
      .click();
    // Then: it is another artifact, though its content is the same
    await expect(panel.artifact(name)).toHaveCount(2);
  }
);
