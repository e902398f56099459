import { defineConfig } from '@playwright/test';

/** Flags that keep Chromium from calling home and from needing a screen or a user namespace. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
];

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  // What is tagged is run by `make test-pages`, the rest by `make test`.
  ...(process.env.SLOW ? { grep: /@slow/ } : { grepInvert: /@slow/ }),
  // The tests of a worker share its servers. Most of a test is waiting, so four go well beside each
  // other on two cores; the tests of a file are shared out too, or a long one would end alone.
  workers: 4,
  fullyParallel: true,
  // A busy machine may lose a click; a test that passes only at the second try is reported as flaky.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: Boolean(process.env.CI),
  // Limits end a test that hangs; none passes or fails by the speed of the machine.
  timeout: 600_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    headless: true,
    viewport: { width: 1280, height: 860 },
    // What never comes (a tab, a file dialog, an element that is gone) is told, and not waited for.
    actionTimeout: 120_000,
    navigationTimeout: 120_000,
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: FLAGS
    },
    screenshot: 'only-on-failure',
    // A trace or a video captures request bodies, which slows large drops down.
    trace: 'off',
    video: 'off'
  }
});
