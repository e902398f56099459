import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/**
 * The main job in the JupyterLab that `make demo` opens. DEMO_IMAGES names the folder that takes its
 * screenshots.
 */
export default defineConfig(common, {
  testDir: 'demo',
  fullyParallel: false,
  outputDir: 'test-results/demo'
});
