import { execFileSync } from 'node:child_process';

import AxeBuilder from '@axe-core/playwright';
import { Page } from '@playwright/test';

import { Desktop } from '../desktop';
import { expect, test } from '../fixtures';
import { NotebookPage } from '../pages/notebook';
import { PanelPage } from '../pages/panel';
import { Theme } from '../pages/theme';
import { Front } from '../servers/front';
import { Lab } from '../servers/lab';

const ARTIFACTS = 5000;
const UPLOADS = 300;

/** Notes as many artifacts as said in the ledger, as the command line and scripts do; nothing is stored. */
const NOTE = `
import sys
from dataclasses import replace
from datetime import timedelta
from jupyter_openeo_artifacts.state.ids import first_id
from jupyter_openeo_artifacts.state.ledger import Ledger
ledger = Ledger()
first = ledger.list()[0]
for number in range(int(sys.argv[1])):
    at = first.staged_at - timedelta(minutes=10 * number + 1)
    name = f"row-{number:04}.tif"
    ledger.add(replace(first, id=first_id(at), name=name, staged_at=at))
`;

/** Sign in and stage files of these names. */
async function stage(
  panel: PanelPage,
  desktop: Desktop,
  ...names: string[]
): Promise<void> {
  await panel.open();
  await panel.signIn('alice');
  for (const name of names) {
    await desktop.drop(panel.dropZone, desktop.file(name, name).path);
    await expect(panel.artifact(name)).toBeVisible();
  }
}

/** Nothing at all that axe-core finds in the panel. */
async function expectNoFinding(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .include('.jp-OpenEOArtifacts')
    .analyze();
  expect(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
  ).toEqual([]);
}

for (const theme of ['JupyterLab Light', 'JupyterLab Dark'] as const) {
  test(
    `rows, cards and a selection are accessible in ${theme}`,
    { tag: theme === 'JupyterLab Dark' ? '@slow' : [] },
    async ({ page, lab, panel, desktop }, info) => {
      await new Theme(lab).set(theme);
      const long =
        'S2A_MSIL2A_20260703T105031_N0511_R051_T31UFS_20260703T183312_ndvi.tif';
      await stage(
        panel,
        desktop,
        long,
        'fields.gpkg',
        'deps.zip',
        'حقول.parquet'
      );
      await panel.copyLink('deps.zip');
      const shoot = async (what: string): Promise<void> => {
        await page.screenshot({ path: info.outputPath(`${what}.png`) });
      };

      // A card comes to the row that the focus rests on, and says what is known
      await panel.artifact('حقول.parquet').focus();
      await page.keyboard.press('End');
      const card = page.getByRole('tooltip');
      await expect(card).toContainText(long);
      await expect(card).toContainText('s3://');
      await expect(card).not.toContainText('http');
      const [row, beside] = [
        (await panel.artifact(long).boundingBox())!,
        (await card.boundingBox())!
      ];
      expect(beside.x).toBeGreaterThanOrEqual(row.x + row.width);
      await expectNoFinding(page);
      await shoot('card');

      // The pointer may go to it, and Escape takes it away
      await page.mouse.move(row.x + 20, row.y + 5);
      await page.mouse.move(beside.x + 20, beside.y + 20, { steps: 5 });
      await expect(card).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(card).toBeHidden();

      // Several are selected
      await page.keyboard.press('Control+a');
      const bar = panel.region.getByRole('group', {
        name: 'Selected artifacts'
      });
      await expect(bar).toContainText('4 selected');
      await expectNoFinding(page);
      await shoot('selected');

      // A wrong word is told
      const filter = panel.region.getByLabel('Filter artifacts');
      await filter.fill('kind:rasta zip');
      await expect(panel.region).toContainText('“kind:rasta” is left out');
      await expect(panel.artifacts).toHaveAccessibleName('Artifacts (1 of 4)');
      await expectNoFinding(page);
      await shoot('filtered');
    }
  );
}

test('several are selected by keys and by mouse, copied and inserted as one', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given three artifacts and a notebook
  await NotebookPage.create(lab, 'many.ipynb', [{ type: 'code', source: '' }]);
  await panel.open('many.ipynb');
  await panel.signIn('alice');
  const names = ['a.tif', 'b b.tif', 'c.zip'];
  for (const name of names) {
    await desktop.drop(panel.dropZone, desktop.file(name, name).path);
    await expect(panel.artifact(name)).toBeVisible();
  }
  const notebook = new NotebookPage(page);
  await notebook.ready();
  const { keyboard } = page;

  // When all are selected by keys, and copied as lines
  await panel.artifact('c.zip').click();
  await keyboard.press('Shift+ArrowDown');
  await expect(panel.artifact('b b.tif')).toHaveAttribute(
    'aria-selected',
    'true'
  );
  await panel.artifact('a.tif').click({ modifiers: ['Shift'] });
  const bar = panel.region.getByRole('group', { name: 'Selected artifacts' });
  await expect(bar).toContainText('3 selected');
  await bar.getByRole('button', { name: 'Copy links' }).click();
  await page.getByRole('menuitem', { name: 'Copy links, a line each' }).click();

  // Then each of them reads its file
  await expect(panel.said).toContainText('3 links copied. They work until');
  const read = await Promise.all(
    (await panel.clipboard())
      .split('\n')
      .map(async link => (await fetch(link)).text())
  );
  expect(read.sort()).toEqual(names);

  // When they are copied as a table
  await bar.getByRole('button', { name: 'Copy links' }).click();
  await page.getByRole('menuitem', { name: 'Copy links as CSV' }).click();
  await expect
    .poll(async () => (await panel.clipboard()).split('\n')[0])
    .toBe('name,link,valid_until');
  await expect(panel.said).toContainText('3 links copied.');
  const csv = await panel.clipboard();
  expect(csv.trim().split('\n')).toHaveLength(1 + names.length);

  // When all are inserted, then the cell runs and knows each by its name
  await panel.artifact('a.tif').focus();
  await keyboard.press('Enter');
  await expect(notebook.cell(0)).toContainText('artifacts = {');
  await notebook.run(0);
  const printed = await notebook.runNew(
    'import urllib.request\nprint({n: urllib.request.urlopen(u).read().decode() == n for n, u in artifacts.items()})'
  );
  for (const name of names) {
    expect(printed).toContain(`'${name}': True`);
  }

  // When the selection is removed from the list
  await panel.artifact('a.tif').focus();
  await keyboard.press('Control+a');
  await keyboard.press('Delete');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('3 files go off the list.');
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(panel.artifacts).toBeHidden();
});

test('a row that is dragged into a cell inserts the line there', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given
  await NotebookPage.create(lab, 'drag.ipynb', [
    { type: 'code', source: 'first = 1' },
    { type: 'code', source: 'connection.load_url()' }
  ]);
  await panel.open('drag.ipynb');
  await panel.signIn('alice');
  const file = desktop.file('dragged.tif', 'dragged');
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();
  const notebook = new NotebookPage(page);
  await notebook.ready();
  const line = notebook.cell(1).locator('.cm-line').first();
  const text = (await line.evaluate(node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right, top, height } = range.getBoundingClientRect();
    return { left, right, top, height };
  }))!;
  const box = (await line.boundingBox())!;
  const width = (text.right - text.left) / 'connection.load_url()'.length;

  // When its row is let go between the brackets of a call
  await panel.artifact(file.name).dragTo(line, {
    targetPosition: {
      x: text.right - box.x - width,
      y: text.top - box.y + text.height / 2
    }
  });

  // Then the value is there, and its import above
  await expect(notebook.cell(1)).toContainText(
    'connection.load_url(presigned_url("s3://'
  );
  await expect(notebook.cell(1)).toContainText(
    'from jupyter_openeo_artifacts import presigned_url'
  );
  expect(await notebook.source(0)).toBe('first = 1');
  await expect(panel.said).toContainText('Inserted in cell 2.');
});

test(
  'a morning of files, each of which has its link copied, leaves the panel whole',
  { tag: '@slow' },
  async ({ page, panel, desktop }) => {
    // Given
    const thrown: string[] = [];
    page.on('pageerror', error => thrown.push(error.message));
    page.on('console', message => {
      if (message.type() === 'error') {
        thrown.push(message.text());
      }
    });
    await panel.open();
    await panel.signIn('alice');
    thrown.length = 0;
    // When
    for (let number = 0; number < 12; number += 1) {
      const file = desktop.file(`tile-${number}.tif`, `tile ${number}`);
      await desktop.drop(panel.dropZone, file.path);
      await expect(panel.artifact(file.name)).toBeVisible();
      await panel.copyLink(file.name);
    }
    // Then
    await expect(panel.artifacts).toHaveAccessibleName('Artifacts (12)');
    expect(thrown).toEqual([]);
  }
);

test(
  `${ARTIFACTS} artifacts and ${UPLOADS} uploads are few elements, all reached by keys`,
  { tag: '@slow' },
  async ({ page, lab, desktop }) => {
    const front = await Front.start(lab.url, lab.token);
    try {
      // Given a list that other programs have made long, and a server that takes in no bytes
      const panel = new PanelPage(page, front);
      await stage(panel, desktop, 'newest.tif');
      note(lab, ARTIFACTS - 1);
      await panel.button('Reload list').click();
      const older = panel.button('Show older artifacts');
      await expect(async () => {
        await older.click({ timeout: 1000 });
        await expect(older).toBeHidden({ timeout: 1000 });
      }).toPass();
      await expect(panel.artifacts).toHaveAccessibleName(
        `Artifacts (${ARTIFACTS})`
      );
      front.hold('PATCH', '/tus/');
      const paths = Array.from(
        { length: UPLOADS },
        (_, index) => desktop.file(`up-${index}.bin`, 10 + index).path
      );
      await desktop.drop(panel.region, ...paths);
      await panel.button(`Stage ${UPLOADS} files`).click();
      const waiting = panel.uploads.getByRole('button', { name: / waiting$/ });
      await waiting.click();

      // Then
      const count = (): Promise<number> =>
        panel.region.evaluate(region => region.querySelectorAll('*').length);
      expect(await count()).toBeLessThan(2000);

      // When one walks by keys, the focus is on a row of each end
      const { keyboard } = page;
      await panel.uploads.getByRole('row').first().focus();
      await keyboard.press('End');
      await expect(panel.upload(`up-${UPLOADS - 1}.bin`)).toBeFocused();
      await panel.artifact('newest.tif').focus();
      await keyboard.press('End');
      const last = `row-${ARTIFACTS - 2}.tif`;
      await expect(panel.artifact(last)).toBeFocused();
      await expect(panel.artifact(last)).toBeInViewport();
      expect(await count()).toBeLessThan(2000);

      // When the list is scrolled away from it, the focus stays, and keys lead on from there
      await panel.region
        .locator('.jp-OpenEOArtifacts-scroll')
        .evaluate(node => node.scrollTo(0, 0));
      await expect(panel.dropZone).toBeInViewport();
      await expect(panel.artifact(last)).toBeFocused();
      await keyboard.press('PageUp');
      await expect(panel.artifact(last)).not.toBeFocused();
      const focused = page.locator('[role="row"]:focus');
      await expect(focused).toBeInViewport();
      await keyboard.type('row-0042');
      await expect(panel.artifact('row-0042.tif')).toBeFocused();

      // And heading and filter stay in view
      await expect(
        panel.region.getByLabel('Filter artifacts')
      ).toBeInViewport();
      await panel.region.getByLabel('Filter artifacts').fill('0099');
      await expect(panel.artifact('row-0099.tif')).toBeInViewport();
      expect(await count()).toBeLessThan(2000);
    } finally {
      await front.stop();
    }
  }
);

/** Note artifacts in the ledger of a Lab's home. */
function note(lab: Lab, count: number): void {
  execFileSync('python', ['-c', NOTE, String(count)], {
    env: lab.home.environment
  });
}
