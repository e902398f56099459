import { expect, test } from '../fixtures';
import { tabTo } from '../pages/keys';
import { NotebookPage, printedSha, shaOf } from '../pages/notebook';
import { Palette } from '../pages/palette';

test('sign in, stage and insert by the keyboard alone', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given a notebook; the browser's newer dialog for files cannot be answered by a test
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, 'showOpenFilePicker');
  });
  await NotebookPage.create(lab, 'keys.ipynb', [{ type: 'code', source: '' }]);
  await panel.load('keys.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  const { keyboard } = page;

  // When the panel is opened by the palette
  await new Palette(page).run('openEO artifacts');
  await expect(panel.region).toBeFocused();

  // And the sign-in is started, and approved in a second tab, by keys
  await tabTo(panel.button('Sign in'));
  await keyboard.press('Enter');
  const asked = panel.region.getByRole('region', { name: 'Signing in' });
  const link = asked.getByRole('link');
  await expect(link).toBeVisible();
  await tabTo(link);
  const opened = page.context().waitForEvent('page');
  await keyboard.press('Enter');
  const tab = await opened;
  await expect(tab.getByLabel('User name', { exact: true })).toBeFocused();
  await tab.keyboard.type('alice');
  await tab.keyboard.press('Tab');
  await tab.keyboard.type('wonderland');
  await tab.keyboard.press('Enter');
  await tabTo(tab.getByRole('button', { name: 'Allow' }));
  await tab.keyboard.press('Enter');
  await expect(
    tab.getByRole('heading', { name: 'You are signed in' })
  ).toBeVisible();
  await tab.close();
  await page.bringToFront(); // a page behind others may open no file dialog
  await expect(panel.button('Account')).toBeVisible();

  // And a file is chosen
  const file = desktop.file('by-keys.bin', 200_000);
  await tabTo(panel.button('Choose…'));
  const asking = page.waitForEvent('filechooser');
  await keyboard.press('Enter');
  await (await asking).setFiles(file.path);
  const row = panel.artifact(file.name);
  await expect(row).toBeVisible();

  // And its row takes Enter, which inserts what is first in the menu
  await tabTo(row);
  await keyboard.press('Enter');

  // Then the reference is in the notebook, and runs
  await expect(notebook.cell(0)).toContainText(
    'by_keys_url = presigned_url("s3://'
  );
  await keyboard.press('Enter');
  await keyboard.press('Control+Enter');
  await notebook.ran(0);
  const printed = await notebook.runNew(shaOf('by_keys_url'));
  expect(printedSha(printed)).toBe(file.sha256);
});

test('rows are walked by arrow keys, their menu opens by key, Delete asks', async ({
  page,
  panel,
  desktop
}) => {
  // Given two artifacts
  await panel.open();
  await panel.signIn('alice');
  for (const name of ['first.txt', 'second.txt']) {
    await desktop.drop(panel.dropZone, desktop.file(name, name).path);
    await expect(panel.artifact(name)).toBeVisible();
  }
  const { keyboard } = page;

  // When the arrow keys are used
  await tabTo(panel.artifact('second.txt'));
  await keyboard.press('ArrowDown');

  // Then the focus walks
  await expect(panel.artifact('first.txt')).toBeFocused();
  await keyboard.press('Home');
  await expect(panel.artifact('second.txt')).toBeFocused();

  // And the menu key opens the menu, from which Escape leads back
  await keyboard.press('ContextMenu');
  await expect(
    page.getByRole('menuitem', { name: 'Copy s3:// address' })
  ).toBeVisible();
  await keyboard.press('Escape');
  await expect(panel.artifact('second.txt')).toBeFocused();

  // And Delete asks before it forgets
  await keyboard.press('Delete');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Remove this file from the list?');
  await dialog.getByRole('button', { name: 'Remove' }).press('Enter');
  await expect(panel.artifact('second.txt')).toBeHidden();
  await expect(panel.artifact('first.txt')).toBeVisible();
});
