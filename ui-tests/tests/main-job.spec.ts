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
  await expect(notebook.cell(0)).toContainText('scene_2026_url = (');
  await notebook.run(0);
  const printed = await notebook.runNew(shaOf('scene_2026_url'));
  expect(printedSha(printed)).toBe(file.sha256);
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
  await expect(panel.artifact(file.name)).toHaveAccessibleName(
    /, link valid until /
  );

  // And the storage URI names the bucket, and holds no secret
  await panel.insert(
    file.name,
    'Insert s3:// address (unknown if jobs can read it)'
  );
  await expect(notebook.cell(0)).toContainText(
    `fields_uri = "s3://${provider.addresses.bucket}/`
  );
  expect(await notebook.source(0)).not.toContain('Signature');

  // And the reference signs when it runs, by the login that panel and kernel share
  await notebook.add('');
  await panel.insert(file.name, 'Insert code (makes a link when run)');
  await expect(notebook.cell(1)).toContainText(
    'fields_url = presigned_url("s3://'
  );
  expect(await notebook.source(1)).not.toContain('Signature');
  await notebook.run(1);
  const printed = await notebook.runNew(shaOf('fields_url'));
  expect(printedSha(printed)).toBe(file.sha256);
});

test('the code of three files runs in one notebook, and in the middle of a call', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given three staged files, two of them of one stem
  await NotebookPage.create(lab, 'three.ipynb', [{ type: 'code', source: '' }]);
  await panel.open('three.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');
  const files = ['fields 2026.parquet', 'fields-2026.tif', '2026.csv'].map(
    name => desktop.file(name, `content of ${name}`)
  );
  await desktop.drop(panel.dropZone, ...files.map(({ path }) => path));

  // When the code of each is inserted
  for (const [index, file] of files.entries()) {
    await expect(panel.artifact(file.name)).toBeVisible();
    if (index > 0) {
      await notebook.add('');
    }
    await panel.insert(file.name, 'Insert code (makes a link when run)');
    await expect(notebook.cell(index)).toContainText('presigned_url("s3://');
  }

  // Then there is one import, and each cell runs and has a name of its own
  for (const [index, name] of [
    'fields_2026_url',
    'fields_2026_url_2',
    'file_2026_url'
  ].entries()) {
    const source = await notebook.source(index);
    expect(source).toContain(`${name} = presigned_url(`);
    expect(source.includes('import presigned_url')).toBe(index === 0);
    await notebook.run(index);
  }
  const names = 'fields_2026_url, fields_2026_url_2, file_2026_url';
  const printed = await notebook.runNew(
    [
      'import hashlib, urllib.request',
      `for url in (${names}):`,
      '    read = urllib.request.urlopen(url).read()',
      '    print(hashlib.sha256(read).hexdigest())'
    ].join('\n')
  );
  expect(printed.trim().split('\n')).toEqual(
    files.map(({ sha256: digest }) => digest)
  );

  // When it is inserted in the middle of a call
  const call = 'print(len(urllib.request.urlopen().read()))';
  await notebook.add(call);
  for (let step = 0; step < ').read()))'.length; step += 1) {
    await page.keyboard.press('ArrowLeft');
  }
  await panel.insert(files[0]!.name, 'Insert code (makes a link when run)');
  await expect(notebook.cell(-1)).toContainText('urlopen(presigned_url("s3://');

  // Then the cell runs as it is
  expect((await notebook.run(-1)).trim()).toBe(String(files[0]!.size));
});
