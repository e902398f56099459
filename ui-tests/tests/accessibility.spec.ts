import AxeBuilder from '@axe-core/playwright';
import { Locator, Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { ClosedPanel } from '../pages/closed';
import { PanelPage } from '../pages/panel';
import { Theme } from '../pages/theme';
import { Front } from '../servers/front';

/** All that is ours in the page: panel, icon with its badge, status bar item, strip, dialogs. */
const OURS = [
  '.jp-OpenEOArtifacts',
  '.jp-OpenEOArtifacts-strip',
  '.jp-OpenEOArtifacts-statusButton',
  '.jp-OpenEOArtifacts-dialog'
];

/** Nothing that axe-core finds anything in, of whatever weight. */
async function expectAccessible(page: Page): Promise<void> {
  const axe = new AxeBuilder({ page });
  for (const part of OURS) {
    if ((await page.locator(part).count()) > 0) {
      axe.include(part);
    }
  }
  const { violations } = await axe.analyze();
  expect(
    violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(
        ({ html, failureSummary }) => `${html} ${failureSummary}`
      )
    }))
  ).toEqual([]);
}

/** Nothing of the panel is wider than it, and nothing that has to be read is cut. */
async function expectRoom(region: Locator): Promise<void> {
  const wide = await region.evaluate(panel => {
    const { left, right } = panel.getBoundingClientRect();
    return [...panel.querySelectorAll('*')]
      .filter(each => each.getClientRects().length > 0)
      .filter(each => !each.closest('.jp-OpenEOArtifacts-ear, svg'))
      .filter(each => {
        const box = each.getBoundingClientRect();
        return box.left < left - 1 || box.right > right + 1;
      })
      .map(each => each.outerHTML.slice(0, 200));
  });
  expect(wide).toEqual([]);
}

for (const theme of ['JupyterLab Light', 'JupyterLab Dark'] as const) {
  test(
    `every state of the panel is accessible in ${theme}`,
    { tag: theme === 'JupyterLab Dark' ? '@slow' : [] },
    async ({ page, lab, panel, desktop, troubled }) => {
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
      await test.step('what to do with a folder', async () => {
        await desktop.drop(panel.dropZone, desktop.folder('dir'));
        await expect(page.getByRole('alertdialog')).toBeVisible();
        await expectAccessible(page);
        await page.getByRole('alertdialog').press('Escape');
      });
      await test.step('an artifact and its link', async () => {
        const file = desktop.file('scene.tif', 100_000);
        await desktop.drop(panel.dropZone, file.path);
        await panel.copyLink(file.name);
        await expectAccessible(page);
      });
      await test.step('a drag over it', async () => {
        const file = desktop.file('over.tif', 10);
        await desktop.dragOver(panel.dropZone, file.path);
        await expectAccessible(page);
        await desktop.leave();
      });
      await test.step('a question', async () => {
        await panel.artifact('scene.tif').press('Delete');
        await expect(page.getByRole('dialog')).toBeVisible();
        await expectAccessible(page);
        await page.getByRole('dialog').press('Escape');
      });
      await test.step('a backend without artifact storage', async () => {
        await panel.button('Account').click();
        await page.getByRole('menuitem', { name: 'Switch backend…' }).click();
        await panel.useBackend(troubled.addresses.without_storage);
        await panel.signIn('alice');
        await expect(panel.region).toContainText('does not offer artifact');
        await expectAccessible(page);
      });
    }
  );
}

test(
  'badge, status bar item and strip are accessible while files are on their way',
  { tag: '@slow' },
  async ({ page, lab, desktop }) => {
    const front = await Front.start(lab.url, lab.token);
    try {
      const panel = new PanelPage(page, front);
      await panel.open();
      await panel.signIn('alice');
      front.hold('PATCH', '/tus/');
      const files = ['one.bin', 'two.bin', 'three.bin'].map(name =>
        desktop.file(name, 100_000)
      );
      await desktop.drop(panel.dropZone, ...files.map(({ path }) => path));
      await expect(panel.upload('three.bin')).toBeVisible();
      const closed = new ClosedPanel(page, panel);
      await expect(closed.status).toBeVisible();
      await expectAccessible(page);
      await closed.close();
      await expectAccessible(page);
      await desktop.dragOver(page.locator('.jp-Launcher'), files[0]!.path);
      await expect(closed.strip).toBeVisible();
      await expectAccessible(page);
      await desktop.leave();
    } finally {
      await front.stop();
    }
  }
);

for (const direction of ['ltr', 'rtl'] as const) {
  test(
    `250 px and twice the size leave room for all, ${direction}`,
    { tag: direction === 'rtl' ? '@slow' : [] },
    async ({ page, lab, desktop }) => {
      // Given a window as it is at 200 %, and long names
      await page.setViewportSize({ width: 640, height: 430 });
      const front = await Front.start(lab.url, lab.token);
      try {
        const panel = new PanelPage(page, front);
        await panel.open();
        await page.evaluate(dir => {
          document.documentElement.dir = dir;
        }, direction);
        const narrow = (): Promise<void> =>
          panel.region.evaluate(node => {
            node.style.width = '250px';
          });

        // When / Then
        await narrow();
        await expectRoom(panel.region);
        const asked = await panel.startSignIn();
        await narrow();
        await expectRoom(panel.region);
        await panel.answerSignIn(asked, 'alice', 'Allow');
        await expect(panel.button('Account')).toBeVisible();
        const staged = desktop.file(
          `${'long-name-'.repeat(9)}end.tif`,
          123_456
        );
        await desktop.drop(panel.dropZone, staged.path);
        await expect(panel.artifact(staged.name)).toBeVisible();
        front.hold('PATCH', '/tus/');
        const file = desktop.file(`${'on-its-way-'.repeat(9)}end.tif`, 987_654);
        const other = desktop.file('short.tif', 500_000);
        await desktop.drop(panel.dropZone, file.path, other.path);
        await expect(panel.upload(file.name)).toBeVisible();
        await expect(panel.upload(other.name)).toBeVisible();
        await narrow();
        await expectRoom(panel.region);

        // And an amount is read in its own direction
        const size = panel.artifact(staged.name).getByText('123 kB');
        const [number, unit] = await size.evaluate(node => {
          const [text] = [...node.childNodes].filter(
            ({ nodeType }) => nodeType === Node.TEXT_NODE
          );
          const leftOf = (from: number, to: number): number => {
            const range = document.createRange();
            range.setStart(text!, from);
            range.setEnd(text!, to);
            return range.getBoundingClientRect().left;
          };
          return [leftOf(0, 3), leftOf(4, 6)];
        });
        expect(number).toBeLessThan(unit!);
        front.release();
        await expect(panel.artifact(file.name)).toBeVisible();
      } finally {
        await front.stop();
      }
    }
  );
}
