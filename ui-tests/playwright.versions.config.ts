import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/** The main job and a clean console, in the JupyterLab of another environment (LAB_BIN). */
export default defineConfig(common, {
  outputDir: 'test-results/versions',
  testMatch: ['main-job.spec.ts', 'console.spec.ts']
});
