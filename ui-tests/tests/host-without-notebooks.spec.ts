import { expect, test } from '../fixtures';

/** Parts of JupyterLab that another application may lack. */
const LACKING = [
  '@jupyterlab/cells',
  '@jupyterlab/filebrowser',
  '@jupyterlab/notebook',
  '@jupyterlab/statusbar'
];

test('an application that lacks notebooks, a file browser and a status bar shows the panel all the same', async ({
  page,
  panel,
  desktop
}) => {
  // Given an application that shares nothing of notebooks with its extensions
  await page.route(
    /jupyter-openeo-artifacts\/static\/remoteEntry/,
    async route => {
      const answer = await route.fetch();
      await route.fulfill({
        response: answer,
        body: `${await answer.text()};(${lack.toString()})(${JSON.stringify(LACKING)})`
      });
    }
  );
  const said: string[] = [];
  page.on('console', message => said.push(message.text()));

  // When somebody signs in and stages a file
  await panel.open();
  await panel.signIn('alice');
  const file = desktop.file('lonely.bin', 100_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();

  // Then what would be inserted is copied, and the console has no complaint of us
  await panel.insert(
    file.name,
    'Insert s3:// address (unknown if jobs can read it)'
  );
  await expect(panel.said).toContainText('copied');
  expect(await panel.clipboard()).toContain(`/${file.name}`);
  const complaints = said.filter(text =>
    /openeo|doesn't exist in shared scope/i.test(text)
  );
  expect(complaints).toEqual([]);
});

interface IContainer {
  init(scope: Record<string, unknown>): unknown;
  get(module: string): unknown;
}

/** Runs in the page, right after our entry: withhold packages from it. */
function lack(names: readonly string[]): void {
  const containers = (
    window as unknown as { _JUPYTERLAB: Record<string, IContainer> }
  )._JUPYTERLAB;
  const ours = containers['jupyter-openeo-artifacts']!;
  containers['jupyter-openeo-artifacts'] = {
    get: module => ours.get(module),
    init: scope =>
      ours.init(
        Object.fromEntries(
          Object.entries(scope).filter(([name]) => !names.includes(name))
        )
      )
  };
}
