import { expect, test } from '../fixtures';
import { recordComplaints } from '../pages/console';
import { NotebookPage } from '../pages/notebook';

test('the console says nothing of us from the start to a copied link', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given a page whose console is written down
  const said = recordComplaints(page);

  // When the panel is opened, somebody signs in, and a file is staged
  await NotebookPage.create(lab, 'quiet.ipynb', [{ type: 'code', source: '' }]);
  await panel.open('quiet.ipynb');
  await panel.signIn('alice');
  const file = desktop.file('quiet.bin', 3_000_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();
  await panel.copyLink(file.name);
  await panel.insert(
    file.name,
    'Insert s3:// address (unknown if jobs can read it)'
  );

  // Then
  expect(said).toEqual([]);
});
