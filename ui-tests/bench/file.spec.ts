import { FileBrowser } from '../pages/filebrowser';

import { FILE, NAME, test, timed } from './bench';

test('dropped on the panel until staged', async ({ panel, desktop }) => {
  await panel.open();
  await panel.signIn('alice');
  await desktop.dragOver(panel.dropZone, FILE);
  await timed(async () => {
    await desktop.letGo(panel.dropZone, FILE);
    await panel.seen(NAME);
  });
});

test('dropped on the panel until received', async ({
  page,
  panel,
  desktop
}) => {
  await panel.open();
  await panel.signIn('alice');
  await desktop.dragOver(panel.dropZone, FILE);
  const received = page.waitForResponse(
    answer => answer.request().method() === 'PATCH' && answer.ok(),
    { timeout: 0 }
  );
  await timed(async () => {
    await desktop.letGo(panel.dropZone, FILE);
    await received;
  });
});

test('uploaded by JupyterLab', async ({ page, panel, lab, desktop }) => {
  await panel.open();
  const browser = new FileBrowser(page);
  await browser.show();
  await browser.listing.waitFor();
  await desktop.drop(browser.listing, FILE);
  // JupyterLab asks whether a large file is meant.
  const upload = page.getByRole('dialog').getByRole('button', {
    name: 'Upload'
  });
  await upload.waitFor();
  await timed(async () => {
    await upload.click();
    await lab.shows(NAME, FILE);
  });
});
