import type { Page } from '@playwright/test';

import { sha256 } from '../desktop';
import { HubPage } from '../pages/hub';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';
import { HubServer, OURS } from '../servers/hub';
import { expect, test } from './fixtures';

test('a server that is stopped in the middle is told, and its uploads go on in the next one', async ({
  page,
  hub,
  user,
  desktop,
  provider
}) => {
  const front = await Front.start(hub.url, '');
  try {
    // Given a file of which the server has a part, and one that waits for storage
    await page.clock.install();
    const server = new HubServer(hub, user, '', front.url);
    const panel = new PanelPage(page, server);
    await new HubPage(page, server).logIn();
    await panel.open();
    await panel.signIn('alice');
    const first = desktop.file('first.bin', 100_000);
    await desktop.drop(panel.dropZone, first.path);
    await expect(panel.artifact(first.name)).toBeVisible();
    await provider.stopStorage();
    const whole = desktop.file('whole.bin', 500_000);
    await desktop.drop(panel.dropZone, whole.path);
    await expect.poll(() => server.received(whole.name)).toBe(whole.size);
    front.hold('PATCH', '/tus/', 3_000_000);
    const part = desktop.file('part.bin', 6_000_000);
    await desktop.drop(panel.dropZone, part.path);
    await expect
      .poll(async () => (await server.received(part.name)) ?? 0)
      .toBeGreaterThan(0);

    // When its owner stops the server on the hub's page
    const tab = await page.context().newPage();
    const hubPage = new HubPage(tab, server);
    await hubPage.stop();
    await page.bringToFront();

    // Then the panel says so, with a way to the hub, and keeps what it has shown
    const told = panel.problem.filter({
      hasText: 'Your Jupyter server is not running.'
    });
    await expect(told).toBeVisible();
    await page.addLocatorHandler(
      page.getByRole('dialog', { name: /Server/ }),
      dialog => dialog.getByRole('button', { name: 'Dismiss' }).click()
    );
    await expect(told.getByRole('link')).toHaveAttribute(
      'href',
      new RegExp('/hub/home$')
    );
    await expect(panel.upload(part.name)).toBeVisible();
    await expect(panel.upload(whole.name)).toBeVisible();

    const base = new URL(`${OURS}/`, server.url).pathname;

    // And the hub is asked ever less often
    // What it is led to is asked for by the browser.
    const asked = (): number =>
      front.seen.filter(({ path: place }) => place.startsWith(base)).length;
    await page.clock.pauseAt(Date.now() + 3_600_000);
    const counts: number[] = [];
    for (let minute = 0; minute < 8; minute += 1) {
      const before = asked();
      for (let seconds = 0; seconds < 60; seconds += 5) {
        await page.clock.runFor(5_000);
        await settle(page);
      }
      counts.push(asked() - before);
    }
    expect(sum(counts)).toBeLessThan(40);
    expect(sum(counts.slice(4))).toBeLessThan(16);

    // When it is started again, by that way
    front.release();
    await provider.startStorage();
    await page.clock.resume();
    await hubPage.start();
    await page.bringToFront();
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));

    // Then both are staged: nothing is lost, nothing is there twice
    await expect(told).toBeHidden();
    for (const file of [whole, part]) {
      await expect(panel.artifact(file.name)).toBeVisible();
      const answer = await fetch(await panel.copyLink(file.name));
      expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
    }
    const { objects, uploads } = await provider.inventory();
    const names = objects.map(key => key.split('/').pop());
    expect(names.filter(name => name === whole.name)).toHaveLength(1);
    expect(names.filter(name => name === part.name)).toHaveLength(1);
    expect(uploads).toEqual([]);
  } finally {
    await provider.startStorage();
    await front.stop();
  }
});

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0);
}

/** Let what the page has asked for be answered, and what follows of it happen. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await fetch('/hub/health').catch(() => null);
  });
}
