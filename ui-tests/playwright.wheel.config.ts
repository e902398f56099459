import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/** The main job once, in the JupyterLab of another environment: LAB_BIN names its `bin`. */
export default defineConfig(common, {
  outputDir: 'test-results/wheel',
  testMatch: 'main-job.spec.ts'
});
