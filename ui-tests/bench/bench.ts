import * as fs from 'node:fs';
import * as path from 'node:path';

import { test as base } from '../fixtures';

/** What is dropped. */
export const FILE = process.env.BENCH_FILE ?? '';

export const NAME = path.basename(FILE);

/** A JupyterLab on `BENCH_BACKEND`; what is staged stays, for the row to look at. */
export const test = base.extend({
  backend: [process.env.BENCH_BACKEND ?? '', { scope: 'worker' }],
  // eslint-disable-next-line no-empty-pattern
  fresh: async ({}, use) => {
    await use();
  }
});

/** What a person takes to get hold of a file (ms), while page and server come to rest. */
const MOMENT = 2_000;

/** Wait a moment, do some work, and leave in `BENCH_COST` how long the work took. */
export async function timed(work: () => Promise<void>): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, MOMENT));
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1000;
  fs.writeFileSync(process.env.BENCH_COST!, JSON.stringify({ seconds }));
}
