import { Desktop, sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { FileBrowser } from '../pages/filebrowser';
import { PanelPage } from '../pages/panel';
import { Lab } from '../servers/lab';

test(
  'the main job under a base address that must be encoded, as on a hub',
  { tag: '@slow' },
  async ({ page, provider }) => {
    // Given a JupyterLab under such an address
    const lab = await Lab.start({
      backends: [{ url: provider.backend, title: 'Local provider' }],
      // A hub's user named ü@x.
      baseUrl: '/user/%C3%BC@x/'
    });
    try {
      const panel = new PanelPage(page, lab);
      const desktop = new Desktop(page, lab.home.files);
      await panel.open();
      await panel.signIn('bob');

      // When a file comes from the desktop and another from the file browser
      const file = desktop.file('from desktop.bin', 500_000);
      await desktop.drop(panel.dropZone, file.path);
      lab.write('from browser.txt', 'from the file browser');
      const files = new FileBrowser(page);
      await files.show();
      await files.choose('from browser.txt', 'Stage as openEO artifact');

      // Then both are staged, and the link reads the same bytes
      await expect(panel.artifact('from browser.txt')).toBeVisible();
      const answer = await fetch(await panel.copyLink(file.name));
      expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
    } finally {
      await lab.stop();
    }
  }
);
