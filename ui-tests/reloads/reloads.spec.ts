import { createHash } from 'node:crypto';

import type { Page } from '@playwright/test';

import { Desktop } from '../desktop';
import { expect, test } from '../fixtures';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';
import type { Lab } from '../servers/lab';

const TIMES = Number(process.env.RELOADS ?? 20);
const SIZE = Number(process.env.RELOAD_BYTES ?? 200_000_000);
/** At most so much of a file may be sent again. */
const AGAIN = 8 * 1024 * 1024;
/** What the server puts on its disk at a time. */
const BLOCK = 1024 * 1024;

const ENDS = [
  'a reload',
  'a crash',
  'a closed tab',
  'a stopped server',
  'a killed server'
] as const;

test('a file goes on where it was after every end', async ({
  page: first,
  lab
}) => {
  await calm(first);
  let page = first;
  let panel: PanelPage;
  for (let time = 0; time < TIMES; time++) {
    const how = ENDS[time % ENDS.length]!;
    const front = await Front.start(lab.url, lab.token);
    try {
      // Given a file of which a part has arrived: less, each time, is still to come
      panel = new PanelPage(page, front);
      await panel.open();
      if (time === 0) {
        await panel.signIn('alice');
      }
      const desktop = new Desktop(page, lab.home.files);
      const file = desktop.file(`file-${time}.bin`, SIZE);
      const here = Math.floor(SIZE * (0.1 + (0.8 * time) / TIMES));
      front.hold('PATCH', '/tus/', here);
      await desktop.drop(panel.dropZone, file.path);
      await arrived(lab, here);

      // When
      page = await end(page, how, lab, front);
      if (how.endsWith('server')) {
        front.release();
      } else {
        panel = new PanelPage(page, front);
        await panel.showAgain();
        front.release();
        // Headless Chromium asks nobody for leave.
        await panel
          .upload(file.name)
          .getByRole('button', { name: `Go on with ${file.name}` })
          .click();
      }

      // Then
      const answer = await fetch(await panel.copyLink(file.name));
      const digest = createHash('sha256');
      for await (const piece of answer.body as unknown as AsyncIterable<Buffer>) {
        digest.update(piece);
      }
      expect(digest.digest('hex')).toBe(file.sha256);
      const again = front.bodies - SIZE;
      console.log(`${how} at ${here}: ${again} bytes sent again`);
      expect(again, how).toBeLessThanOrEqual(AGAIN);
      desktop.clear();
    } finally {
      await front.stop();
    }
  }
});

/** Dismiss JupyterLab's own word about a server that is gone: it is in the way. */
async function calm(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: /Server Connection/ });
  await page.addLocatorHandler(dialog, async () => {
    await dialog.getByRole('button').last().click();
  });
}

/** End the page or the server; returns the page that goes on. */
async function end(
  page: Page,
  how: (typeof ENDS)[number],
  lab: Lab,
  front: Front
): Promise<Page> {
  const place = page.url();
  switch (how) {
    case 'a reload':
      page.once('dialog', dialog => void dialog.accept());
      await page.reload();
      return page;
    case 'a crash':
    case 'a closed tab': {
      const next = await page.context().newPage();
      if (how === 'a crash') {
        const crashed = page.waitForEvent('crash');
        void page.goto('chrome://crash').catch(() => undefined);
        await crashed;
      }
      await page.close();
      front.cut();
      await calm(next);
      await next.goto(place);
      return next;
    }
    case 'a stopped server':
      await lab.restart('stop');
      return page;
    case 'a killed server':
      await lab.restart('kill');
      return page;
  }
}

async function arrived(lab: Lab, bytes: number): Promise<void> {
  await expect
    .poll(async () => {
      const { uploads } = await lab.api<{
        uploads: { bytes_received: number; state: string }[];
      }>('GET', 'jupyter-openeo-artifacts/uploads');
      return (
        uploads.find(({ state }) => state === 'receiving')?.bytes_received ?? 0
      );
    })
    .toBeGreaterThanOrEqual(bytes - BLOCK);
}
