import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/**
 * JupyterLab on a JupyterHub, which is in another environment: HUB_BIN names its `bin`, HUB_PROXY its
 * proxy's program, NGINX that of nginx. Each worker has a hub, each test a user of its own.
 */
export default defineConfig(common, {
  testDir: 'hub',
  outputDir: 'test-results/hub',
  workers: 2
});
