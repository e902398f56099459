import type { Page } from '@playwright/test';

import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { NotebookPage, printedSha, shaOf } from '../pages/notebook';
import { recordProgress, seenProgress } from '../pages/progress';
import { UploaderPage } from '../pages/uploader';

test('the widget takes a drop, and its kernel reads the same bytes', async ({
  page,
  lab,
  panel,
  provider,
  desktop
}) => {
  // Given a widget on a connection of the openEO client, signed in by the login that it keeps
  await NotebookPage.create(lab, 'widget.ipynb', [
    {
      type: 'code',
      source: [
        'import openeo',
        `connection = openeo.connect("${provider.backend}")`,
        'connection.authenticate_oidc()',
        'from jupyter_openeo_artifacts import ArtifactUploader',
        'uploader = ArtifactUploader(connection)',
        'uploader'
      ].join('\n')
    }
  ]);
  await panel.open('widget.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');
  await notebook.run(0);
  const uploader = new UploaderPage(page);
  await expect(uploader.dropZone).toBeVisible();

  // When 20 MB are dropped on it from the desktop
  const file = desktop.file('model.onnx', 20_000_000);
  await recordProgress(page);
  await desktop.drop(uploader.dropZone, file.path);

  // Then progress is seen, and it is staged, here and in the panel
  const link = uploader.button(`Copy link: ${file.name}`);
  await expect(link).toBeVisible();
  await expect(panel.artifact(file.name)).toBeVisible();
  const seen = await seenProgress(page, `Progress of ${file.name}`);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));

  // And its link reads the same bytes for anybody
  await link.click();
  await expect(uploader.said).toContainText('Link copied. It works until');
  const answer = await fetch(await panel.clipboard());
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);

  // And so does the cell that it inserts below
  await uploader.button(`Insert below: ${file.name}`).click();
  await expect(notebook.cell(1)).toContainText(
    'model_url = presigned_url("s3://'
  );
  await notebook.run(1);
  const read = await notebook.runNew(shaOf('model_url'));
  expect(printedSha(read)).toBe(file.sha256);

  // And so does what the kernel has of it
  const printed = await notebook.runNew(
    shaOf('uploader.artifacts[0].presigned_url()')
  );
  expect(printedSha(printed)).toBe(file.sha256);
});

test('the saved notebook holds neither link nor bytes of the widget', async ({
  page,
  lab,
  panel,
  provider,
  desktop
}) => {
  // Given a widget that staged a file and made a link
  await NotebookPage.create(lab, 'saved.ipynb', [
    {
      type: 'code',
      source: [
        'import jupyter_openeo_artifacts as joa, openeo',
        `connection = openeo.connect("${provider.backend}")`,
        'connection.authenticate_oidc()',
        'uploader = joa.ArtifactUploader(connection)',
        'uploader'
      ].join('\n')
    }
  ]);
  await panel.open('saved.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');
  await notebook.run(0);
  const uploader = new UploaderPage(page);
  const secret = 'not-for-the-notebook '.repeat(20);
  const file = desktop.file('secret.txt', secret);
  await desktop.drop(uploader.dropZone, file.path);
  await uploader.button(`Copy link: ${file.name}`).click();
  await expect(uploader.said).toContainText('Link copied');

  // When the notebook is saved, with its widget state
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  const saving = page.getByRole('menuitem', {
    name: 'Save Widget State Automatically'
  });
  if ((await saving.getAttribute('aria-checked')) !== 'true') {
    await saving.click();
  }
  await notebook.edit(0);
  await page.keyboard.press('Control+s');

  // Then there is nothing of both in it
  let saved = '';
  await expect
    .poll(async () => {
      // While Jupyter writes it, it cannot be read.
      saved = await lab.api('GET', 'api/contents/saved.ipynb').then(
        found => JSON.stringify(found),
        () => ''
      );
      return saved;
    })
    .toContain('ArtifactUploader');
  expect(saved).not.toContain('Signature');
  expect(saved).not.toContain('not-for-the-notebook');
  // Nor its code, but for what asks the kernel for it
  expect(saved.length).toBeLessThan(20_000);
});

test('the widget says at once that its kernel was restarted', async ({
  page,
  lab,
  panel,
  provider,
  desktop
}) => {
  // Given two widgets, and what was asked of the kernel for them
  await NotebookPage.create(lab, 'restarted.ipynb', [
    {
      type: 'code',
      source: [
        'import openeo',
        `connection = openeo.connect("${provider.backend}")`,
        'connection.authenticate_oidc()',
        'from jupyter_openeo_artifacts import ArtifactUploader',
        'display(ArtifactUploader(connection), ArtifactUploader(connection))'
      ].join('\n')
    }
  ]);
  let applications = 0;
  page.on('websocket', socket =>
    socket.on('framesent', ({ payload }) => {
      applications += Number(String(payload).includes('getApplication'));
    })
  );
  await panel.open('restarted.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');
  await notebook.run(0);
  const uploader = new UploaderPage(page);
  await expect(uploader.dropZone).toHaveCount(2);
  expect(applications).toBe(1);

  // When
  await page.getByRole('menuitem', { name: 'Kernel', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Restart Kernel…' }).click();
  const begun = page.waitForRequest(/\/restart(\?|$)/);
  await page.getByRole('button', { name: 'Confirm Kernel Restart' }).click();
  await begun;

  // Then: sooner than it could tell by a kernel's silence
  await expect(
    uploader.widget.getByText('The kernel was restarted or shut down.')
  ).toHaveCount(2, { timeout: 8_000 });

  // And a file dropped there is told to be dropped elsewhere
  const file = desktop.file('late.txt', 'late');
  await desktop.drop(uploader.dropZone.first(), file.path);
  await expect(uploader.row(file.name)).toContainText(
    'Run the cell again, and drop the file there.'
  );

  // And the cell makes new ones
  await notebook.run(0);
  await expect(uploader.dropZone).toHaveCount(2);
  await expect(
    uploader.widget.getByText('The kernel was restarted or shut down.')
  ).toHaveCount(0);
});

test('a file goes on after its page was reloaded, with the widget of the saved notebook', async ({
  page,
  lab,
  panel,
  provider,
  desktop
}) => {
  // Given a widget that is saved with its notebook, and a kernel that can be told to take no bytes
  await page.addInitScript(() => {
    Reflect.deleteProperty(DataTransferItem.prototype, 'getAsFileSystemHandle');
  });
  await NotebookPage.create(lab, 'reloaded.ipynb', [
    {
      type: 'code',
      source: [
        'import openeo',
        'from jupyter_openeo_artifacts import ArtifactUploader',
        'from jupyter_openeo_artifacts.service.receiver import Receiver',
        'from jupyter_openeo_artifacts.sources.exceptions import SpoolFull',
        'taken = [0]',
        'take, most = Receiver.take, [HALF]',
        'def take_some(self, upload, offset, content):',
        '    if taken[0] + len(content) > most[0]:',
        '        raise SpoolFull("No room.")',
        '    taken[0] += len(content)',
        '    return take(self, upload, offset, content)',
        'Receiver.take = take_some',
        `connection = openeo.connect("${provider.backend}")`,
        'connection.authenticate_oidc()',
        'ArtifactUploader(connection)'
      ]
        .join('\n')
        .replace('HALF', String(HALF))
    }
  ]);
  await panel.open('reloaded.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');
  await saveWidgets(page);
  await notebook.run(0);
  const uploader = new UploaderPage(page);
  const file = desktop.file('fields.parquet', 40_000_000);
  await desktop.drop(uploader.dropZone, file.path);
  await expect
    .poll(async () => Number(await notebook.runNew('print(taken[0])')))
    .toBeGreaterThan(HALF - 8 * 1024 * 1024);
  await notebook.edit(0);
  await page.keyboard.press('Control+s');
  await expect
    .poll(async () =>
      JSON.stringify(await lab.api('GET', 'api/contents/reloaded.ipynb'))
    )
    .toContain('application/vnd.jupyter.widget-state+json');

  // When the page is reloaded, and the kernel takes bytes again
  page.on('dialog', dialog => void dialog.accept());
  await page.reload();
  await notebook.ready();
  const row = uploader.row(file.name);
  await expect(row).toContainText('Drop fields.parquet again to go on');
  await notebook.runNew('most[0] = 10**9');

  // Then the file goes on where it was
  await uploader.dropZone.scrollIntoViewIfNeeded();
  await desktop.drop(uploader.dropZone, file.path);
  await expect(uploader.button(`Copy link: ${file.name}`)).toBeVisible();
  const taken = Number(await notebook.runNew('print(taken[0])'));
  expect(taken - file.size).toBeLessThanOrEqual(8 * 1024 * 1024);
});

const HALF = 25_000_000;

/** Have JupyterLab keep what widgets are with their notebook. */
async function saveWidgets(page: Page): Promise<void> {
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  const saving = page.getByRole('menuitem', {
    name: 'Save Widget State Automatically'
  });
  if ((await saving.getAttribute('aria-checked')) !== 'true') {
    await saving.click();
  } else {
    await page.keyboard.press('Escape');
  }
}
