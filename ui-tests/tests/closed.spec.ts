import * as fs from 'node:fs';

import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { ClosedPanel, HeldUploads } from '../pages/closed';
import { FileBrowser } from '../pages/filebrowser';
import { PanelPage } from '../pages/panel';

/** Any part of a presigned URL that gives access. */
const SIGNED = /X-Amz-Signature|Signature=/i;

test('files from the desktop that rest on the icon open the panel, and a drop on it stages', async ({
  page,
  panel,
  desktop
}) => {
  // Given a closed panel
  await panel.open();
  await panel.signIn('alice');
  const closed = new ClosedPanel(page, panel);
  await closed.close();
  const file = desktop.file('rested.tif', 100_000);

  // When a drag comes over JupyterLab, then a strip shows; on the icon, the panel opens
  await desktop.dragOver(page.locator('.jp-Launcher'), file.path);
  await expect(closed.strip).toBeVisible();
  await desktop.dragOver(closed.icon, file.path);
  await expect(panel.region).toBeVisible();
  await expect(closed.strip).toBeHidden();
  await desktop.letGo(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();

  // And a drop on the icon itself stages as well
  await closed.close();
  const other = desktop.file('iconic.tif', 100_000);
  await desktop.drop(closed.icon, other.path);
  await expect(panel.artifact(other.name)).toBeVisible();
});

test('a file of the file browser is staged by its way over the icon, and by the strip', async ({
  page,
  lab,
  panel
}) => {
  // Given the file browser in front, so that the panel is closed
  const bytes = Buffer.alloc(50_000, 1);
  lab.write('walked.tif', bytes);
  lab.write('stripped.tif', Buffer.alloc(60_000, 2));
  await panel.open();
  await panel.signIn('alice');
  const closed = new ClosedPanel(page, panel);
  const files = new FileBrowser(page);
  await files.show();
  await expect(panel.region).toBeHidden();

  // When a file rests on the icon and goes on to the panel that opens
  await files.dragTo('walked.tif', closed.icon);
  await expect(panel.region).toBeVisible();
  await files.letGo(panel.dropZone);

  // Then it is staged, and is still where it was
  await expect(panel.artifact('walked.tif')).toBeVisible();
  const answer = await fetch(await panel.copyLink('walked.tif'));
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(sha256(bytes));
  await files.show();
  await expect(files.file('walked.tif')).toBeVisible();

  // And the strip takes another one
  await files.dragTo('stripped.tif', page.locator('.jp-Launcher'));
  await expect(closed.strip).toBeVisible();
  await files.letGo(closed.strip);
  await expect(panel.artifact('stripped.tif')).toBeVisible();
  await expect(closed.strip).toBeHidden();
});

test(
  'the strip takes files of the desktop',
  { tag: '@slow' },
  async ({ page, panel, desktop }) => {
    await panel.open();
    await panel.signIn('alice');
    const closed = new ClosedPanel(page, panel);
    await closed.close();
    const file = desktop.file('strip.tif', 100_000);

    // When a file is let go on the strip, it is staged in the panel that opens
    await desktop.dragOver(page.locator('.jp-Launcher'), file.path);
    await desktop.drop(closed.strip, file.path);
    await expect(panel.artifact(file.name)).toBeVisible();
    await expect(closed.strip).toBeHidden();
  }
);

test('the status bar shows what runs, and a notification copies the link at the end', async ({
  page,
  panel,
  desktop
}) => {
  // Given a file on its way, and a closed panel
  await panel.open();
  await panel.signIn('alice');
  const closed = new ClosedPanel(page, panel);
  const held = await HeldUploads.of(page);
  const file = desktop.file('long.tif', 2_000_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.upload(file.name)).toBeVisible();
  await expect(closed.status).toHaveText('⇪ 1 · 0 %');
  await closed.close();
  await expect(closed.icon).toHaveAttribute('data-openeo-badge', '1');

  // When it is clicked, the panel opens
  await closed.status.click();
  await expect(panel.region).toBeVisible();
  await closed.close();

  // When the file is staged, then the item goes and a notification comes
  await held.letGo();
  const told = closed.notification(`${file.name} is staged.`);
  await expect(told).toBeVisible();
  await expect(closed.status).toBeHidden();
  await expect(closed.icon).not.toHaveAttribute('data-openeo-badge');

  // And its button copies a link that works; no notification has it
  await told.getByRole('button', { name: 'Copy link' }).click();
  await expect(closed.notification('Link copied.')).toBeVisible();
  const link = await panel.clipboard();
  expect(link).toMatch(SIGNED);
  const answer = await fetch(link);
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
  expect(await page.content()).not.toMatch(SIGNED);
});

test('a failure is told while the panel is closed, and stays until it is opened', async ({
  page,
  lab,
  panel
}) => {
  // Given a signed-in person with a closed panel, and a file that goes while it is asked for
  lab.write('fleeting.tif', 'fleeting');
  await panel.open();
  await panel.signIn('alice');
  const closed = new ClosedPanel(page, panel);
  const files = new FileBrowser(page);
  await files.show();
  await expect(files.file('fleeting.tif')).toBeVisible();
  await page.route(/jupyter-openeo-artifacts\/uploads(\?|$)/, async route => {
    if (route.request().method() === 'POST') {
      await closed.close();
      lab.remove('fleeting.tif');
    }
    await route.continue();
  });

  // When it is staged
  await files.choose('fleeting.tif', 'Stage as openEO artifact');

  // Then that is told, and the icon shows that somebody is needed
  const told = closed.notification('fleeting.tif');
  await expect(told).toBeVisible();
  await expect(closed.icon).toHaveAttribute('data-openeo-badge', '!');

  // And "Show" opens the panel, which says it itself
  await told.getByRole('button', { name: 'Show' }).click();
  await expect(panel.upload('fleeting.tif')).toBeVisible();
  await expect(closed.icon).not.toHaveAttribute('data-openeo-badge');
});

test('signing out with a file on its way asks, and can let it finish first', async ({
  page,
  panel,
  desktop
}) => {
  // Given
  await panel.open();
  await panel.signIn('alice');
  const held = await HeldUploads.of(page);
  const file = desktop.file('leaving.tif', 500_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.upload(file.name)).toBeVisible();
  const signOut = async (): Promise<void> => {
    await panel.button('Account').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
  };
  const question = page.getByRole('dialog');

  // When somebody signs out and thinks better of it, then nothing has changed
  await signOut();
  await expect(question).toContainText('1 file is on its way.');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(panel.upload(file.name)).toBeVisible();
  await expect(panel.button('Account')).toBeVisible();

  // When it may finish first, then the sign-out comes after it
  await signOut();
  await question.getByRole('button', { name: 'Finish first' }).click();
  await expect(panel.said).toContainText('You will be signed out');
  await held.letGo();
  await expect(panel.button('Sign in')).toBeVisible();

  // Then the file is there
  await panel.signIn('alice');
  await expect(panel.artifact(file.name)).toBeVisible();
});

test(
  'a second window hears a sign-out and a sign-in',
  { tag: '@slow' },
  async ({ page, lab, panel }) => {
    // Given two windows
    await panel.open();
    await panel.signIn('alice');
    const page2 = await page.context().newPage();
    const second = new PanelPage(page2, lab);
    await second.open();
    await expect(second.button('Account')).toBeVisible();

    // When somebody signs out in the first, and in again
    await page.bringToFront();
    await panel.button('Account').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expect(panel.button('Sign in')).toBeVisible();
    await expect(second.button('Sign in')).toBeVisible();
    await panel.signIn('alice');

    // Then the second one follows
    await expect(second.button('Account')).toBeVisible();
  }
);

test(
  'files are chosen by a shortcut, pasted, and staged from the tab of an open file',
  { tag: '@slow' },
  async ({ page, lab, panel, desktop }) => {
    lab.write('opened.json', '{"type": "Point", "coordinates": [5, 51]}');
    await panel.open('opened.json');
    await panel.signIn('alice');

    // Chosen
    const chosen = desktop.file('chosen.tif', 10_000);
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Control+Shift+Y');
    await page.keyboard.press('c');
    await (await chooser).setFiles(chosen.path);
    await expect(panel.artifact(chosen.name)).toBeVisible();

    // Pasted
    const pasted = desktop.file('pasted.tif', 10_000);
    await panel.region.focus();
    await panel.region.evaluate(
      (region, [name, text]) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([text!], name!));
        region.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData, bubbles: true })
        );
      },
      [pasted.name, fs.readFileSync(pasted.path, 'latin1')]
    );
    await expect(panel.artifact(pasted.name)).toBeVisible();

    // Of an open file
    await page
      .getByRole('main')
      .getByRole('tab', { name: 'opened.json' })
      .click({ button: 'right' });
    await page
      .getByRole('menuitem', { name: 'Stage as openEO artifact' })
      .click();
    await expect(panel.artifact('opened.json')).toBeVisible();

    // The filter is reached by its shortcut
    await page.keyboard.press('Control+Shift+Y');
    await page.keyboard.press('f');
    await expect(panel.region.getByLabel('Filter artifacts')).toBeFocused();
  }
);
