import * as fs from 'node:fs';

import { test as base } from '@playwright/test';

import { Desktop } from '../desktop';
import { HubPage } from '../pages/hub';
import { PanelPage } from '../pages/panel';
import { Hub, HubServer } from '../servers/hub';
import { TroubledProvider } from '../servers/provider';

export { expect } from '@playwright/test';

/** Long enough for a busy machine; no test of a hub's waits for its end (s). */
const CODES = 600;

interface IWorkerFixtures {
  provider: TroubledProvider;
  /** A hub whose panels point at `provider`. */
  hub: Hub;
}

interface ITestFixtures {
  /** Somebody whom the hub has not seen; all of theirs goes with the test. */
  user: string;
  /** Their default server, which logging in starts. */
  server: HubServer;
  hubPage: HubPage;
  panel: PanelPage;
  /** Files to drop. */
  desktop: Desktop;
  /** What the hub and the servers said is kept where a test fails. */
  told: void;
}

let users = 0;

export const test = base.extend<ITestFixtures, IWorkerFixtures>({
  provider: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const provider = await TroubledProvider.start(CODES);
      await use(provider);
      await provider.stop();
    },
    { scope: 'worker', timeout: 180_000 }
  ],
  hub: [
    async ({ provider }, use) => {
      const hub = await Hub.start({
        bin: process.env.HUB_BIN!,
        proxy: process.env.HUB_PROXY!,
        backends: [{ url: provider.backend, title: 'Local provider' }]
      });
      await use(hub);
      await hub.stop();
    },
    { scope: 'worker', timeout: 240_000 }
  ],
  user: async ({ hub }, use) => {
    users += 1;
    // With a character that an address may have, and some programs escape.
    const user = `ann-${users}@example.org`;
    await use(user);
    await hub.forget(user);
  },
  server: async ({ hub, user }, use) => {
    await use(new HubServer(hub, user));
  },
  hubPage: async ({ page, server }, use) => {
    await use(new HubPage(page, server));
  },
  panel: async ({ page, server }, use) => {
    await use(new PanelPage(page, server));
  },
  desktop: async ({ page, hub }, use) => {
    const desktop = new Desktop(page, hub.files);
    await use(desktop);
    desktop.clear();
  },
  told: [
    async ({ hub }, use, info) => {
      await use();
      if (info.status !== info.expectedStatus) {
        fs.writeFileSync(info.outputPath('hub.log'), hub.log);
      }
    },
    { auto: true }
  ]
});
