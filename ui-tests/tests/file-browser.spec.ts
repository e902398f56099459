import { randomBytes } from 'node:crypto';

import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { FileBrowser } from '../pages/filebrowser';
import { NotebookPage, printedSha, shaOf } from '../pages/notebook';

test('a file of the file browser is staged by its context menu', async ({
  page,
  lab,
  panel
}) => {
  // Given a file in Jupyter's folder, a notebook and a signed-in person
  const bytes = randomBytes(2_000_000);
  lab.write('orchards.gpkg', bytes);
  await NotebookPage.create(lab, 'menu.ipynb', [{ type: 'code', source: '' }]);
  await panel.open('menu.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');

  // When it is staged from there
  const files = new FileBrowser(page);
  await files.show();
  await files.choose('orchards.gpkg', 'Stage as openEO artifact');

  // Then the panel comes to the front, and the inserted cell reads the same bytes
  await expect(panel.artifact('orchards.gpkg')).toBeVisible();
  await panel.insert('orchards.gpkg', 'Insert link… (stays in the notebook)');
  await panel.chooseLifetime('1 hour');
  await expect(notebook.cell(0)).toContainText('orchards_url = (');
  await notebook.run(0);
  const printed = printedSha(await notebook.runNew(shaOf('orchards_url')));
  expect(printed).toBe(sha256(bytes));
});

test('a file that is staged again is not sent again, and the panel says so', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given a file staged from Jupyter's folder
  const bytes = randomBytes(300_000);
  lab.write('twice.gpkg', bytes);
  await panel.open();
  await panel.signIn('alice');
  const files = new FileBrowser(page);
  await files.show();
  await files.choose('twice.gpkg', 'Stage as openEO artifact');
  await expect(panel.artifact('twice.gpkg')).toBeVisible();

  // When it is dropped from the desktop, where it lies too
  await desktop.drop(panel.dropZone, desktop.file('twice.gpkg', bytes).path);

  // Then it is said for eye and ear, and there is one artifact
  const words =
    /Already in storage: the same file was staged at .*; not uploaded again\./;
  await expect(panel.upload('twice.gpkg')).toContainText(words);
  await expect(panel.region.getByRole('log')).toContainText(words);
  await expect(panel.artifact('twice.gpkg')).toHaveCount(1);

  // And the row can be taken away
  await panel.region
    .getByRole('button', { name: 'Dismiss twice.gpkg' })
    .click();
  await expect(panel.upload('twice.gpkg')).toBeHidden();
});

test('a file is dragged from the file browser onto the panel', async ({
  page,
  lab,
  panel
}) => {
  // Given the panel on the right, so that both are seen at once
  const bytes = randomBytes(300_000);
  lab.write('dragged.tif', bytes);
  await panel.open();
  await panel.signIn('alice');
  await panel.switchSide();
  const files = new FileBrowser(page);
  await files.show();

  // When the mouse carries the file over
  await files.drag('dragged.tif', panel.dropZone);

  // Then it is staged, and still where it was
  await expect(panel.artifact('dragged.tif')).toBeVisible();
  const answer = await fetch(await panel.copyLink('dragged.tif'));
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(sha256(bytes));
  await expect(files.file('dragged.tif')).toBeVisible();
});

test('staging before signing in says what to do, and goes on then', async ({
  page,
  lab,
  panel
}) => {
  lab.write('early.txt', 'early');
  await panel.open();
  const files = new FileBrowser(page);
  await files.show();
  await files.choose('early.txt', 'Stage as openEO artifact');
  await expect(panel.said).toContainText('Sign in first');
  await expect(panel.upload('early.txt')).toContainText('Sign in to go on');

  // And it goes on by itself
  await panel.signIn('alice');
  await expect(panel.artifact('early.txt')).toBeVisible();
});

test(
  'a file that has vanished since it was listed is said to be gone',
  { tag: '@slow' },
  async ({ page, lab, panel }) => {
    lab.write('fleeting.txt', 'fleeting');
    await panel.open();
    await panel.signIn('alice');
    const files = new FileBrowser(page);
    await files.show();
    await expect(files.file('fleeting.txt')).toBeVisible();
    await files.choose('fleeting.txt', 'Stage as openEO artifact', () =>
      lab.remove('fleeting.txt')
    );
    await expect(panel.upload('fleeting.txt')).toContainText(
      /gone|no longer|not (found|exist|there)/i
    );
  }
);
