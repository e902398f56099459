import * as fs from 'node:fs';

import { test as base } from '@playwright/test';

import { Desktop } from './desktop';
import { PanelPage } from './pages/panel';
import { Lab } from './servers/lab';
import { Provider, TroubledProvider } from './servers/provider';

export { expect } from '@playwright/test';

/** Long enough to sign in by hand of a script, short enough to wait for its end. */
const SOON_OVER = 8;

interface IWorkerFixtures {
  /** The local openEO provider. */
  provider: Provider;
  /** The address that the panel points at: that of `provider`. */
  backend: string;
  /** A JupyterLab whose panel points at `backend`. */
  lab: Lab;
  /** A provider with troubles; entered in the panel by its address. */
  troubled: TroubledProvider;
}

interface ITestFixtures {
  /** Files to drop. */
  desktop: Desktop;
  panel: PanelPage;
  /** Nobody is signed in and nothing is staged when a test begins. */
  fresh: void;
  /** What the Jupyter server said is kept where a test fails. */
  told: void;
}

export const test = base.extend<ITestFixtures, IWorkerFixtures>({
  provider: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const provider = await Provider.start();
      await use(provider);
      await provider.stop();
    },
    { scope: 'worker', timeout: 180_000 }
  ],
  backend: [
    async ({ provider }, use) => {
      await use(provider.backend);
    },
    { scope: 'worker' }
  ],
  lab: [
    async ({ backend }, use) => {
      const lab = await Lab.start({
        backends: [{ url: backend, title: 'Local provider' }],
        bin: process.env.LAB_BIN
      });
      await use(lab);
      await lab.stop();
    },
    { scope: 'worker', timeout: 180_000 }
  ],
  troubled: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const provider = await TroubledProvider.start(SOON_OVER);
      await use(provider);
      await provider.stop();
    },
    { scope: 'worker', timeout: 180_000 }
  ],
  desktop: async ({ page, lab }, use) => {
    const desktop = new Desktop(page, lab.home.files);
    await use(desktop);
    desktop.clear();
  },
  panel: async ({ page, lab }, use) => {
    await use(new PanelPage(page, lab));
  },
  fresh: [
    async ({ lab }, use) => {
      await use();
      await lab.forget();
    },
    { auto: true }
  ],
  told: [
    async ({ lab }, use, info) => {
      await use();
      if (info.status !== info.expectedStatus) {
        fs.writeFileSync(info.outputPath('jupyter-server.log'), lab.log);
      }
    },
    { auto: true }
  ]
});
