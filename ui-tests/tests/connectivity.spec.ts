import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';
import type { Lab } from '../servers/lab';

const LOST = /Not connected since \d\d:\d\d, trying again\./;

/** What the server tells of one upload. */
type ITold = {
  readonly name: string;
  readonly created_at: string;
};

async function uploadsOf(lab: Lab): Promise<readonly ITold[]> {
  const path = 'jupyter-openeo-artifacts/uploads';
  return (await lab.api<{ uploads: ITold[] }>('GET', path)).uploads;
}

async function announced(page: Page, text: string): Promise<void> {
  await expect(page.locator('.jp-OpenEOArtifacts').getByText(text)).toHaveCount(
    1
  );
}

test('an idle panel whose line is cut keeps its lists, greyed, and comes back by itself', async ({
  page,
  lab,
  desktop
}) => {
  const front = await Front.start(lab.url, lab.token);
  try {
    // JupyterLab's own words about a lost server lie over all, sooner or later
    await page.addLocatorHandler(
      page.getByRole('dialog', { name: /^Server Connection Error/ }),
      dialog => dialog.getByRole('button').first().click()
    );
    // Given an artifact, and nothing under way
    const panel = new PanelPage(page, front);
    await panel.open();
    await panel.signIn('alice');
    const file = desktop.file('kept.tif', 100_000);
    await desktop.drop(panel.dropZone, file.path);
    const row = panel.artifact(file.name);
    await expect(row).toBeVisible();

    // When the line is cut, and somebody asks for the lists
    front.stand = () => ({ status: 0 });
    front.cut();
    await panel.button('Reload list').click();

    // Then what was known stays, under one sentence of ours
    await expect(panel.problem).toHaveText(new RegExp(LOST.source));
    await expect(row).toBeVisible();
    await expect(panel.region).not.toContainText('fetch');
    await expect(panel.region.locator('.jp-mod-lost')).toHaveCount(1);
    const { violations } = await new AxeBuilder({ page })
      .include('.jp-OpenEOArtifacts')
      .analyze();
    expect(violations).toEqual([]);

    // And what a person does meanwhile is answered in our words
    await row.getByRole('button', { name: 'Copy link' }).click();
    await expect(panel.said).toContainText('Jupyter does not answer.');

    // When the line is there again, nobody has to press anything
    front.stand = () => null;
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await expect(panel.problem).toBeHidden();
    await expect(row).toBeVisible();
    await announced(page, 'Jupyter answers again.');
  } finally {
    await front.stop();
  }
});

test('a restarted server is signed in again by the stored login, and its uploads go on', async ({
  page,
  lab,
  desktop
}) => {
  const front = await Front.start(lab.url, lab.token);
  try {
    // Given an upload whose bytes are held
    const panel = new PanelPage(page, front);
    await panel.open();
    await panel.signIn('alice');
    const staged = desktop.file('before.bin', 50_000);
    await desktop.drop(panel.dropZone, staged.path);
    await expect(panel.artifact(staged.name)).toBeVisible();
    const file = desktop.file('going-on.bin', 300_000);
    front.hold('PATCH', '/tus/');
    await desktop.drop(panel.dropZone, file.path);
    await expect.poll(() => front.asked('PATCH', '/tus/').length).toBe(2);
    await expect(panel.upload(file.name)).toBeVisible();
    const [before] = await uploadsOf(lab);

    // When the Jupyter server is ended
    await lab.quit();
    front.cut();

    // Then the panel says since when, and keeps what it has shown
    await expect(panel.problem).toHaveText(new RegExp(LOST.source));
    await expect(panel.upload(file.name)).toContainText('trying again');
    await expect(panel.artifact(staged.name)).toBeVisible();

    // When it is started again, and Jupyter is heard of
    await lab.startAgain();
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));

    // Then somebody is signed in without a click, and the row says what happened
    await expect(panel.problem).toBeHidden();
    await expect(panel.button('Account')).toBeVisible();
    const row = panel.upload(file.name);
    await expect(row).toContainText('Jupyter was restarted; going on');
    await announced(page, 'Jupyter was restarted; your uploads go on.');
    const [after] = await uploadsOf(lab);
    expect(after).toMatchObject(before!);

    // And it is staged once its bytes go through
    front.release();
    await expect(panel.artifact(file.name)).toBeVisible();
    await expect(panel.artifact(staged.name)).toBeVisible();
  } finally {
    await front.stop();
  }
});

test(
  'other tabs follow a sign-in, a sign-out and another backend',
  { tag: '@slow' },
  async ({ page, panel, lab, troubled }) => {
    // Given two tabs
    await panel.open();
    await expect(panel.button('Sign in')).toBeVisible();
    const tab = await page.context().newPage();
    const other = new PanelPage(tab, lab);
    await other.open();
    await expect(other.button('Sign in')).toBeVisible();

    // When somebody signs in in one, so they are in the other
    await panel.signIn('alice');
    await expect(other.button('Account')).toBeVisible();
    await expect(other.region).toContainText('Alice at');

    // And where another backend is chosen and signed in to
    await panel.button('Account').click();
    await page.getByRole('menuitem', { name: 'Switch backend…' }).click();
    await panel.useBackend(troubled.addresses.backend);
    await panel.signIn('bob');
    await expect(panel.region).toContainText('Bob at');
    await expect(other.region).toContainText('Bob at');

    // And where somebody signs out
    await panel.button('Account').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expect(panel.button('Sign in')).toBeVisible();
    await expect(other.button('Sign in')).toBeVisible();
    await tab.close();
  }
);
