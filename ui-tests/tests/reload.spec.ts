import * as fs from 'node:fs';

import type { Page } from '@playwright/test';

import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';
import type { Lab } from '../servers/lab';

const SIZE = 40_000_000;
const ARRIVED = 25_000_000;
/** At most so much of a file may be sent again. */
const AGAIN = 8 * 1024 * 1024;
/** What the server puts on its disk at a time. */
const BLOCK = 1024 * 1024;

interface IUploads {
  readonly uploads: readonly { readonly bytes_received: number }[];
}

/** Wait until the server has so many bytes of the one upload there is. */
async function arrived(lab: Lab, bytes: number): Promise<void> {
  await expect
    .poll(async () => {
      const { uploads } = await lab.api<IUploads>(
        'GET',
        'jupyter-openeo-artifacts/uploads'
      );
      return uploads[0]?.bytes_received ?? 0;
    })
    .toBeGreaterThanOrEqual(bytes - BLOCK);
}

/** Reload, though the page asks to stay while files are on their way. */
async function reload(page: Page, panel: PanelPage): Promise<void> {
  page.once('dialog', dialog => void dialog.accept());
  await page.reload();
  await panel.showAgain();
}

/** The browser gives no handles, as all but Chromium. */
async function withoutHandles(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Reflect.deleteProperty(DataTransferItem.prototype, 'getAsFileSystemHandle');
    Reflect.deleteProperty(window, 'showOpenFilePicker');
  });
}

test.describe('a file that is on its way when its page is reloaded', () => {
  let front: Front;
  let panel: PanelPage;

  test.beforeEach(async ({ page, lab }) => {
    front = await Front.start(lab.url, lab.token);
    panel = new PanelPage(page, front);
  });

  test.afterEach(() => front.stop());

  test('goes on after one click where the browser keeps it', async ({
    page,
    lab,
    desktop
  }) => {
    // Given
    await panel.open();
    await panel.signIn('alice');
    const file = desktop.file('fields.bin', SIZE);
    front.hold('PATCH', '/tus/', ARRIVED);
    await desktop.drop(panel.dropZone, file.path);
    await arrived(lab, ARRIVED);

    // When
    await reload(page, panel);
    front.release();
    const row = panel.upload(file.name);
    await expect(row).toContainText(
      /Drop fields.bin again to go on \(2[45] MB of 40 MB there\)/
    );
    await expect(row).not.toContainText('left');
    // Headless Chromium asks nobody; the next test refuses.
    await row.getByRole('button', { name: 'Go on with fields.bin' }).click();

    // Then
    const link = await panel.copyLink(file.name);
    const answer = await fetch(link);
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
    expect(front.bodies - SIZE).toBeLessThanOrEqual(AGAIN);
  });

  test(
    'is chosen where the browser is not allowed to open it',
    { tag: '@slow' },
    async ({ page, lab, desktop }) => {
      // Given a handle that nobody allows to be opened, which headless Chromium has none of
      await page.addInitScript(() => {
        Object.assign(FileSystemHandle.prototype, {
          requestPermission: () => Promise.resolve('denied')
        });
        Reflect.deleteProperty(window, 'showOpenFilePicker');
      });
      await panel.open();
      await panel.signIn('alice');
      const file = desktop.file('fields.bin', SIZE);
      front.hold('PATCH', '/tus/', ARRIVED);
      await desktop.drop(panel.dropZone, file.path);
      await arrived(lab, ARRIVED);
      await reload(page, panel);
      front.release();
      const row = panel.upload(file.name);

      // When
      await row.getByRole('button', { name: 'Go on with fields.bin' }).click();

      // Then
      await expect(panel.said).toContainText('The browser did not open');
      await row.getByLabel('The file of fields.bin').setInputFiles(file.path);
      await expect(panel.artifact(file.name)).toBeVisible();
      expect(front.bodies - SIZE).toBeLessThanOrEqual(AGAIN);
    }
  );

  test(
    'goes on in its row after one drop elsewhere, and takes no other file',
    { tag: '@slow' },
    async ({ page, lab, desktop }) => {
      // Given
      await withoutHandles(page);
      await panel.open();
      await panel.signIn('alice');
      const file = desktop.file('fields.bin', SIZE);
      const other = desktop.file('other.geojson', 1000);
      front.hold('PATCH', '/tus/', ARRIVED);
      await desktop.drop(panel.dropZone, file.path);
      await arrived(lab, ARRIVED);
      await reload(page, panel);
      front.release();
      const row = panel.upload(file.name);
      await expect(row).toContainText('Drop fields.bin again to go on');
      await expect(row.getByRole('button', { name: /^Go on/ })).toBeHidden();

      // When another file is chosen
      const input = row.getByLabel('The file of fields.bin');
      await input.setInputFiles(other.path);
      // Then it is refused in one sentence, and may be staged by itself
      await expect(row.getByRole('alert')).toContainText(
        'This is “other.geojson” (1.0 kB); “fields.bin” (40 MB) is awaited.'
      );
      await row.getByRole('button', { name: 'Stage as new' }).click();
      await expect(panel.artifact(other.name)).toBeVisible();
      await expect(row).toContainText('Drop fields.bin again to go on');

      // When the file is dropped anywhere on the panel
      await desktop.drop(panel.dropZone, file.path);
      // Then it goes on
      await expect(panel.artifact(file.name)).toBeVisible();
      expect(front.bodies - SIZE - other.size).toBeLessThanOrEqual(AGAIN);
      expect(front.asked('POST', '/tus').filter(isCreation)).toHaveLength(2);
    }
  );

  test('goes on by itself when the server is started again', async ({
    page,
    lab,
    desktop
  }) => {
    // Given
    await panel.open();
    await panel.signIn('alice');
    const file = desktop.file('fields.bin', SIZE);
    front.hold('PATCH', '/tus/', ARRIVED);
    await desktop.drop(panel.dropZone, file.path);
    await arrived(lab, ARRIVED);

    // When; JupyterLab's own word about it is in the way
    const dialog = page.getByRole('dialog', { name: /Server Connection/ });
    await page.addLocatorHandler(dialog, async () => {
      await dialog.getByRole('button').last().click();
    });
    front.release();
    await lab.restart('kill');

    // Then
    const link = await panel.copyLink(file.name);
    const answer = await fetch(link);
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
    expect(front.bodies - SIZE).toBeLessThanOrEqual(AGAIN);
  });

  test(
    'is another file where its beginning is another',
    { tag: '@slow' },
    async ({ page, lab, desktop }) => {
      // Given: written anew since, with the same name, size and time
      await withoutHandles(page);
      await panel.open();
      await panel.signIn('alice');
      const file = desktop.file('fields.bin', SIZE);
      const { mtime } = fs.statSync(file.path);
      front.hold('PATCH', '/tus/', ARRIVED);
      await desktop.drop(panel.dropZone, file.path);
      await arrived(lab, ARRIVED);
      await reload(page, panel);
      front.release();
      const row = panel.upload(file.name);
      const input = row.getByLabel('The file of fields.bin');
      await expect(input).toHaveCount(1);
      const rewritten = desktop.file('fields.bin', SIZE);
      fs.utimesSync(file.path, mtime, mtime);

      // When it is chosen, it is refused
      await input.setInputFiles(rewritten.path);
      await expect(row.getByRole('alert')).toContainText(
        'is not the file that was being sent'
      );

      // When it is dropped, it is an upload of its own
      await desktop.drop(panel.dropZone, rewritten.path);
      const link = await panel.copyLink(file.name);
      const answer = await fetch(link);
      expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(
        rewritten.sha256
      );
      await expect(row).toContainText('Drop fields.bin again to go on');
    }
  );
});

/** Whether a request makes an upload. */
function isCreation({ path }: { path: string }): boolean {
  return /\/tus\/?(\?|$)/.test(path);
}
