import { Desktop } from '../desktop';
import { expect, test } from '../fixtures';
import { PanelPage } from '../pages/panel';
import { Lab } from '../servers/lab';

test('where the server extension is off, the panel says what to type', async ({
  page,
  provider
}) => {
  // Given a JupyterLab whose administrator has switched the server extension off
  const lab = await Lab.start({
    backends: [{ url: provider.backend, title: 'Local provider' }],
    extension: false
  });
  try {
    // When the panel is opened
    const panel = new PanelPage(page, lab);
    await panel.open();

    // Then it says what to type, and offers nothing that could not work
    await expect(panel.problem).toContainText(
      'The server side is not running. In a terminal: ' +
        'jupyter server extension enable jupyter_openeo_artifacts, then restart.'
    );
    await expect(panel.button('Sign in')).toBeHidden();
    await expect(panel.dropZone).toBeHidden();
    const status = await fetch(lab.page('jupyter-openeo-artifacts/status'));
    expect(status.status).toBe(404);

    // And a file that is dropped all the same neither is taken nor replaces the page
    const desktop = new Desktop(page, lab.home.files);
    const file = desktop.file('lost.txt', 'lost');
    await desktop.drop(panel.region, file.path);
    await expect(panel.said).not.toBeEmpty();
    await expect(panel.artifacts).toBeHidden();
    expect(page.url()).toContain(lab.url);
  } finally {
    await lab.stop();
  }
});
