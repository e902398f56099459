import { defineConfig } from '@playwright/test';

import common from './playwright.config';

/** What `make bench` has a browser do; benchmarks/run.py names one test and says with what. */
export default defineConfig(common, {
  testDir: 'bench',
  outputDir: 'test-results/bench',
  timeout: 600_000,
  retries: 0
});
