import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/** Sign-in, drop, link and insertion with a clean console, in the JupyterLab of another environment (LAB_BIN). */
export default defineConfig(common, {
  outputDir: 'test-results/versions',
  testMatch: 'console.spec.ts'
});
