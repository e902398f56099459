import * as fs from 'node:fs';
import * as path from 'node:path';

import { Locator, test as base } from '@playwright/test';

import { Desktop, sha256 } from '../desktop';
import { expect } from '../fixtures';
import { ApprovalPage } from '../pages/approval';
import { FileBrowser } from '../pages/filebrowser';
import { NotebookPage, printedSha, shaOf } from '../pages/notebook';
import { PanelPage } from '../pages/panel';
import { UploaderPage } from '../pages/uploader';
import { Demo } from '../servers/demo';

const EXAMPLES = path.join(
  __dirname,
  '../../jupyter_openeo_artifacts/demo/files'
);
const IMAGES = process.env.DEMO_IMAGES ?? 'test-results/images';

const test = base.extend<{ demo: Demo }>({
  // eslint-disable-next-line no-empty-pattern
  demo: async ({}, use) => {
    const demo = await Demo.start();
    await use(demo);
    await demo.stop();
  }
});

for (const [name, theme] of [
  ['light', 'JupyterLab Light'],
  ['dark', 'JupyterLab Dark']
] as const) {
  test(`panel, file browser, magic and widget do the main job, ${name}`, async ({
    page,
    demo
  }) => {
    fs.mkdirSync(IMAGES, { recursive: true });
    /** A picture of the window, or of the upper part of an element, so many pixels high. */
    const take = async (
      what: string,
      of?: { element: Locator; height: number }
    ): Promise<void> => {
      const box = (await of?.element.boundingBox()) ?? undefined;
      const clip = box && of && { ...box, height: of.height };
      await page.screenshot({
        path: path.join(IMAGES, `${what}-${name}.png`),
        clip
      });
    };
    const example = (file: string): Buffer =>
      fs.readFileSync(path.join(EXAMPLES, file));
    const panel = new PanelPage(page, demo);
    const notebook = new NotebookPage(page);
    const desktop = new Desktop(page, demo.home.files);
    await page.emulateMedia({ colorScheme: name });
    await demo.setTheme(theme);
    await page.goto(demo.address);
    await notebook.ready();

    await test.step('sign in, in the panel that is in front', async () => {
      await expect(panel.region).toBeVisible({ timeout: 60_000 });
      const asked = await panel.startSignIn();
      await expect(asked.getByRole('img')).toBeVisible();
      await take('panel-sign-in', { element: panel.region, height: 320 });
      const opened = page.context().waitForEvent('page');
      await asked.getByRole('link').click();
      const tab = await opened;
      await new ApprovalPage(tab).answer('alice', 'Allow');
      await tab.close();
      await expect(panel.button('Account')).toBeVisible();
    });

    await test.step('drop a file, insert it, see the data', async () => {
      const file = desktop.file('fields.parquet', example('fields.parquet'));
      await desktop.drop(panel.dropZone, file.path);
      await expect(panel.artifact(file.name)).toBeVisible();
      await notebook.edit(-1);
      await notebook.add('');
      await panel.insert(file.name, 'Insert link… (stays in the notebook)');
      await take('panel-lifetime');
      await panel.chooseLifetime();
      await expect(notebook.cell(-1)).toContainText('fields_url = (');
      await notebook.run(-1);
      const table = await notebook.runNew(
        'import geopandas\ngeopandas.read_parquet(fields_url).head(4)'
      );
      expect(table).toContain('POLYGON');
    });

    await test.step('the same from the file browser', async () => {
      const files = new FileBrowser(page);
      await files.show();
      await files.choose('elevation.tif', 'Stage as openEO artifact');
      await expect(panel.artifact('elevation.tif')).toBeVisible();
      await notebook.add('');
      await panel.insert(
        'elevation.tif',
        'Insert code (makes a link when run)'
      );
      await expect(notebook.cell(-1)).toContainText('presigned_url("s3://');
      await notebook.run(-1);
      const printed = printedSha(await notebook.runNew(shaOf('elevation_url')));
      expect(printed).toBe(sha256(example('elevation.tif')));
      await take('panel');
      await panel
        .artifact('elevation.tif')
        .getByRole('button', { name: 'Insert' })
        .click();
      await take('panel-insert');
      await page.keyboard.press('Escape');
    });

    await test.step('the same by the magic, in the welcome notebook', async () => {
      for (const [index, expected] of [
        [2, 'Authenticated'],
        [4, 'fields.parquet'],
        [6, ''],
        [8, 'winter wheat']
      ] as const) {
        const output = await notebook.run(index, 60_000);
        if (index > 2) {
          expect(output).toContain(expected);
        }
        expect(output).not.toContain('Traceback');
      }
      await take('magic');
    });

    await test.step('the same by the widget', async () => {
      await notebook.run(10);
      const uploader = new UploaderPage(page);
      const file = desktop.file('crop_type.onnx', example('crop_type.onnx'));
      await desktop.drop(uploader.dropZone, file.path);
      const insert = uploader.button(`Insert below: ${file.name}`);
      await expect(insert).toBeVisible();
      await uploader.widget.scrollIntoViewIfNeeded();
      await take('widget');
      await insert.click();
      await expect(notebook.cell(11)).toContainText('presigned_url("s3://');
      await notebook.run(11);
      const printed = printedSha(await notebook.runNew(shaOf('crop_type_url')));
      expect(printed).toBe(file.sha256);
    });

    await test.step('a large file on its way', async () => {
      const large = desktop.file('scene.zip', 0);
      fs.truncateSync(large.path, 2_000_000_000);
      await desktop.drop(panel.dropZone, large.path);
      const bar = panel.upload(large.name).getByRole('progressbar');
      await expect
        .poll(
          async () =>
            Number(await bar.getAttribute('aria-valuenow', { timeout: 1_000 })),
          { intervals: [100], timeout: 60_000 }
        )
        .toBeGreaterThan(15);
      await expect(panel.upload(large.name)).toContainText(/B\/s.* left/);
      await take('panel-staging', { element: panel.region, height: 540 });
      await panel.button(`Cancel ${large.name}`).click();
      await expect(panel.upload(large.name)).toBeHidden();
    });
  });
}
