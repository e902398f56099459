import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { recordComplaints } from '../pages/console';
import { NotebookPage } from '../pages/notebook';
import { Palette } from '../pages/palette';

test('in Notebook 7 the panel opens by its command, stages and copies links', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given a notebook in Notebook 7, which has no side bar with icons
  const complaints = recordComplaints(page);
  await NotebookPage.create(lab, 'seven.ipynb', [{ type: 'code', source: '' }]);
  await page.goto(lab.page('notebooks/seven.ipynb'));
  await new NotebookPage(page).ready();

  // When the panel is asked for by its command
  await new Palette(page).run('openEO artifacts');
  await expect(panel.region).toBeVisible();

  // Then it does its upload
  await panel.signIn('alice');
  const file = desktop.file('seven.bin', 100_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();
  const answer = await fetch(await panel.copyLink(file.name));
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
  await panel.insert(
    file.name,
    'Insert s3:// address (unknown if jobs can read it)'
  );
  await expect(new NotebookPage(page).cell(0)).toContainText('uri = "s3://');

  // And the console has no complaint of it
  expect(complaints).toEqual([]);
});
