import AxeBuilder from '@axe-core/playwright';
import { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { Theme } from '../pages/theme';

/** Nothing in the panel that axe-core calls serious or critical. */
async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .include('.jp-OpenEOArtifacts')
    .analyze();
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(
        ({ html, failureSummary }) => `${html} ${failureSummary}`
      )
    }));
  expect(grave).toEqual([]);
}

for (const theme of ['JupyterLab Light', 'JupyterLab Dark'] as const) {
  test(`every state of the panel is accessible in ${theme}`, async ({
    page,
    lab,
    panel,
    desktop,
    troubled
  }) => {
    await new Theme(lab).set(theme);
    await panel.open();

    await test.step('signed out', async () => {
      await expect(panel.button('Sign in')).toBeVisible();
      await expectAccessible(page);
    });
    await test.step('typing an address that is none', async () => {
      const answer = await panel.typeBackend('not an address');
      await expect(answer).toContainText('This address has');
      await expectAccessible(page);
      await panel.button('Cancel').click();
    });
    await test.step('signing in', async () => {
      await panel.startSignIn();
      await expectAccessible(page);
      await panel.button('Cancel').click();
    });
    await test.step('sign-in cancelled', async () => {
      await expect(panel.problem).toBeVisible();
      await expectAccessible(page);
      await panel.button('Try again').click();
    });
    await test.step('signed in, nothing there', async () => {
      const asked = panel.region.getByRole('region', { name: 'Signing in' });
      await panel.answerSignIn(asked, 'alice', 'Allow');
      await expect(panel.region).toContainText(
        'You have not staged any files from this server yet.'
      );
      await expectAccessible(page);
    });
    await test.step('a refused folder, an artifact and its link', async () => {
      const file = desktop.file('scene.tif', 100_000);
      await desktop.drop(panel.dropZone, desktop.folder('dir'), file.path);
      await expect(panel.upload('dir')).toBeVisible();
      await panel.copyLink(file.name);
      await expectAccessible(page);
    });
    await test.step('a drag over it', async () => {
      const file = desktop.file('over.tif', 10);
      await desktop.dragOver(panel.dropZone, file.path);
      await expectAccessible(page);
      await desktop.leave();
    });
    await test.step('a backend without artifact storage', async () => {
      await panel.button('Account').click();
      await page.getByRole('menuitem', { name: 'Switch backend…' }).click();
      await panel.useBackend(troubled.addresses.without_storage);
      await panel.signIn('alice');
      await expect(panel.region).toContainText('does not offer artifact');
      await expectAccessible(page);
    });
  });
}
