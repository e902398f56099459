import * as fs from 'node:fs';
import * as path from 'node:path';

import type { Locator } from '@playwright/test';

import { Desktop } from '../desktop';
import { expect, test } from '../fixtures';
import { ApprovalPage } from '../pages/approval';
import { NotebookPage } from '../pages/notebook';
import { Lab } from '../servers/lab';

const CATALOGUE = path.join(
  __dirname,
  '../../jupyter_openeo_artifacts/locale/de_DE/LC_MESSAGES/jupyter_openeo_artifacts.json'
);

/** Our English texts that have a German one, as far as they hold nothing of the moment. */
const ENGLISH = Object.entries(
  JSON.parse(fs.readFileSync(CATALOGUE, 'utf8')) as Record<string, string[]>
)
  .map(([key, own]) => [key.split('\u0004').at(-1), own[0]])
  .filter(([text, own]) => text && text !== own && !text.includes('%'))
  .map(([text]) => text);

/** Those of them that are seen, or read out, below an element. */
async function englishIn(shown: Locator): Promise<string[]> {
  const texts = await shown.evaluate(root =>
    [root, ...root.querySelectorAll('*')].flatMap(node => [
      ...['aria-label', 'placeholder', 'title'].map(
        name => node.getAttribute(name) ?? ''
      ),
      ...[...node.childNodes]
        .filter(child => child instanceof Text)
        .map(child => child.textContent ?? '')
    ])
  );
  return texts.map(text => text.trim()).filter(text => ENGLISH.includes(text));
}

test(
  'a German JupyterLab has a German panel and widget, with the backends of its administrator',
  { tag: '@slow' },
  async ({ page, provider }) => {
    // Given a JupyterLab whose administrator has set the language, and a backend, in overrides.json
    const lab = await Lab.start({
      backends: [{ url: provider.backend, title: 'Local provider' }],
      overrides: {
        '@jupyterlab/translation-extension:plugin': { locale: 'de_DE' },
        'jupyter-openeo-artifacts:settings': {
          backends: [
            { url: 'https://openeo.example.org', title: 'Unser Backend' }
          ]
        }
      }
    });
    try {
      const desktop = new Desktop(page, lab.home.files);
      await NotebookPage.create(lab, 'deutsch.ipynb', [
        {
          type: 'code',
          source: [
            'from jupyter_openeo_artifacts import ArtifactUploader',
            'ArtifactUploader(history=True)'
          ].join('\n')
        }
      ]);
      await page.goto(lab.page('lab/tree/deutsch.ipynb'));

      // When the panel is opened, somebody signs in, and drops a file
      await page.getByRole('tab', { name: 'openEO-Artefakte' }).click();
      const panel = page.getByRole('region', {
        name: 'openEO-Artefakte',
        exact: true
      });
      const backends = panel.getByLabel('Backend', { exact: true });
      await expect(backends.getByRole('option')).toHaveText([
        'Local provider',
        'Unser Backend',
        'Anderes…'
      ]);
      expect(await englishIn(panel)).toEqual([]);
      await panel.getByRole('button', { name: 'Anmelden' }).click();
      const asked = panel.getByRole('region', { name: 'Anmeldung' });
      const opened = page.context().waitForEvent('page');
      await asked.getByRole('link').click();
      expect(await englishIn(panel)).toEqual([]);
      const tab = await opened;
      await new ApprovalPage(tab).answer('alice', 'Allow');
      await tab.close();
      await expect(panel.getByRole('button', { name: 'Konto' })).toBeVisible();
      const file = desktop.file('felder.gpkg', 1_300_000);
      await desktop.drop(
        panel.getByText('Dateien hierher ziehen oder'),
        file.path
      );

      // Then all that the panel says is German, numbers too
      const copy = panel.getByRole('button', {
        name: `Link zu ${file.name} kopieren`
      });
      await expect(copy).toBeVisible();
      await expect(panel.getByText('1,3 MB').first()).toBeVisible();
      await copy.click();
      await expect(
        panel.getByRole('status', { name: 'Letzte Aktion' })
      ).toContainText('Link kopiert. Er funktioniert bis');
      await panel
        .getByRole('button', { name: `${file.name} einfügen` })
        .click();
      expect(await englishIn(page.getByRole('menu').last())).toEqual([]);
      await page.keyboard.press('Escape');
      expect(await englishIn(panel)).toEqual([]);

      // And so is the widget, by the kernel
      const notebook = new NotebookPage(page);
      await notebook.ready();
      await notebook.run(0);
      const widget = page.getByRole('group', {
        name: 'openEO-Artefakte hochladen'
      });
      await expect(
        widget.getByRole('button', { name: `Link kopieren: ${file.name}` })
      ).toBeVisible();
      expect(await englishIn(widget)).toEqual([]);

      // And so are the settings' names
      await page.keyboard.press('Control+,');
      const settings = page.locator('.jp-SettingsPanel');
      const ours = page
        .locator('.jp-PluginList')
        .getByText('openEO-Artefakte', { exact: true });
      await ours.click();
      await expect(
        settings.getByText('Gleichzeitig gesendete Dateien').first()
      ).toBeVisible();
    } finally {
      await lab.stop();
    }
  }
);
