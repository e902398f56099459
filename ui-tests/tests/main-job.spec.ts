import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { NotebookPage, printedSha, shaOf } from '../pages/notebook';
import { recordProgress, seenProgress } from '../pages/progress';

const MEGABYTE = 1_000_000;

test('sign in, drop a file, insert its link: the cell reads the same bytes', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given a notebook, and a person signed in through the approval page in a second tab
  await NotebookPage.create(lab, 'main.ipynb', [{ type: 'code', source: '' }]);
  await panel.open('main.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');
  await expect(panel.region).toContainText('Alice');

  // When 20 MB are dropped from the desktop
  const file = desktop.file('scene 2026.bin', 20 * MEGABYTE);
  await recordProgress(page);
  await desktop.drop(panel.dropZone, file.path);

  // Then its progress is seen, never going back, and it stands among the artifacts
  await expect(panel.artifact(file.name)).toBeVisible();
  await expect(panel.upload(file.name)).toBeHidden();
  const seen = await seenProgress(page, file.name);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));

  // And the inserted cell, run by the kernel, reads the file that was dropped
  await panel.insert(file.name, 'Insert link… (stays in the notebook)');
  await panel.chooseLifetime();
  await expect(notebook.cell(0)).toContainText('url = "http');
  await notebook.run(0);
  expect(printedSha(await notebook.runNew(shaOf('url')))).toBe(file.sha256);
});

test('copied link, storage URI and reference lead to the same bytes', async ({
  page,
  lab,
  panel,
  desktop,
  provider
}) => {
  // Given a staged file and a notebook
  await NotebookPage.create(lab, 'ways.ipynb', [{ type: 'code', source: '' }]);
  await panel.open('ways.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');
  const file = desktop.file('fields.parquet', MEGABYTE);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();

  // Then the copied link reads it, for anybody
  const link = await panel.copyLink(file.name);
  const answer = await fetch(link);
  expect(answer.status).toBe(200);
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
  await expect(panel.artifact(file.name)).toContainText('link valid until');

  // And the storage URI names the bucket, and holds no secret
  await panel.insert(file.name, 'Insert s3:// address (for Python)');
  await expect(notebook.cell(0)).toContainText(
    `uri = "s3://${provider.addresses.bucket}/`
  );
  expect(await notebook.source(0)).not.toContain('Signature');

  // And the reference signs when it runs, by the login that panel and kernel share
  await notebook.add('');
  await panel.insert(file.name, 'Insert code (makes a link when run)');
  await expect(notebook.cell(1)).toContainText('url = presigned_url("s3://');
  expect(await notebook.source(1)).not.toContain('Signature');
  await notebook.run(1);
  expect(printedSha(await notebook.runNew(shaOf('url')))).toBe(file.sha256);
});
