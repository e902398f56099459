import { randomBytes } from 'node:crypto';

import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { NotebookPage, printedSha, shaOf } from '../pages/notebook';

test('what the magic stages is in the panel, and the other way round', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given a notebook and a person who signed in by the panel only
  const bytes = randomBytes(1_000_000);
  lab.write('my fields.parquet', bytes);
  await NotebookPage.create(lab, 'magic.ipynb', [
    { type: 'code', source: '%load_ext jupyter_openeo_artifacts' }
  ]);
  await panel.open('magic.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');

  // When the magic stages a file; its login is the panel's
  await notebook.run(0);
  await notebook.runNew(
    '%artifact_upload "my fields.parquet" --name magic.parquet --as staged'
  );

  // Then the panel has it, and its link reads the same bytes
  await expect(panel.artifact('magic.parquet')).toBeVisible();
  const printed = await notebook.runNew(shaOf('staged.presigned_url()'));
  expect(printedSha(printed)).toBe(sha256(bytes));
  const shown = await notebook.runNew('staged');
  expect(shown).toContain('magic.parquet');
  expect(shown).not.toContain('Signature');

  // And what the panel stages is in the notebook's list
  const file = desktop.file('from the desktop.bin', 50_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();
  const listed = await notebook.runNew('%artifacts');
  expect(listed).toContain(file.name);
  expect(listed).toContain('magic.parquet');
});

test(
  'the magic says in a sentence what is wrong',
  { tag: '@slow' },
  async ({ page, lab, panel }) => {
    // Given a notebook whose person has not signed in anywhere
    await NotebookPage.create(lab, 'no-login.ipynb', [
      { type: 'code', source: '%load_ext jupyter_openeo_artifacts' }
    ]);
    lab.write('some.txt', 'some');
    await panel.open('no-login.ipynb');
    const notebook = new NotebookPage(page);
    await notebook.ready();
    await notebook.run(0);

    // When the magic is used all the same
    const login = await notebook.runNew('%artifact_upload some.txt');
    const missing = await notebook.runNew('%artifact_upload nowhere.txt');

    // Then it says what to do, and shows no page of traceback
    expect(login).toMatch(/[Ss]ign in/);
    expect(missing).toContain('nowhere.txt');
    for (const output of [login, missing]) {
      expect(output).not.toContain('Traceback');
      expect(output.split('\n').length).toBeLessThan(6);
    }
  }
);
