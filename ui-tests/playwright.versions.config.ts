import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/**
 * Sign-in, drop, link and insertion with a clean console, in the JupyterLab or Notebook of another
 * environment: LAB_BIN names its `bin`, the command line which of the two.
 */
export default defineConfig(common, {
  outputDir: 'test-results/versions',
  testMatch: ['console.spec.ts', 'notebook-7.spec.ts']
});
