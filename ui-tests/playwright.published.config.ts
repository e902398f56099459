import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/** Applications published by Voila and marimo, which are in another environment: APP_BIN names its `bin`. */
export default defineConfig(common, {
  testDir: 'published',
  outputDir: 'test-results/published'
});
