import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/** Twenty files of 200 MB, each with its page or its server ended in the middle. */
export default defineConfig(common, {
  testDir: 'reloads',
  fullyParallel: false,
  outputDir: 'test-results/reloads',
  retries: 0
});
