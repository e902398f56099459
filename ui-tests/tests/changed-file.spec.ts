import * as fs from 'node:fs';

import { expect, test } from '../fixtures';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';

const SIZE = 3_000_000;

const SENT = 2_000_000;

/** What happens to a file while it is sent. */
const CHANGES: readonly [string, (place: string) => void][] = [
  [
    'written anew in place',
    place => {
      const file = fs.openSync(place, 'r+');
      fs.writeSync(file, Buffer.alloc(SIZE, 'n'), 0, SIZE, 0);
      fs.closeSync(file);
    }
  ],
  ['appended to', place => fs.appendFileSync(place, 'more')],
  ['truncated', place => fs.truncateSync(place, SIZE / 2)],
  ['unlinked', place => fs.unlinkSync(place)],
  [
    'replaced by another',
    place => {
      fs.writeFileSync(`${place}.new`, Buffer.alloc(SIZE, 'n'));
      fs.renameSync(`${place}.new`, place);
    }
  ],
  [
    'written to in the middle, with its time put back',
    place => {
      const { atime, mtime } = fs.statSync(place);
      const file = fs.openSync(place, 'r+');
      fs.writeSync(file, 'changed', SIZE / 2);
      fs.closeSync(file);
      fs.utimesSync(place, atime, mtime);
    }
  ]
];

/** What each run looks at: one that the browser sees, and one that only the digest shows. */
const QUICK = new Set([
  'truncated',
  'written to in the middle, with its time put back'
]);

/** A browser tells times of files in whole milliseconds, some file systems in seconds. */
function age(place: string): void {
  const past = new Date(Date.now() - 60_000);
  fs.utimesSync(place, past, past);
}

for (const [how, change] of CHANGES) {
  test(
    `a file that is ${how} while the panel sends it is refused`,
    { tag: QUICK.has(how) ? [] : '@slow' },
    async ({ page, lab, desktop }) => {
      const front = await Front.start(lab.url, lab.token);
      try {
        // Given a file whose bytes are on their way, and do not all arrive
        const panel = new PanelPage(page, front);
        await panel.open();
        await panel.signIn('alice');
        const file = desktop.file('busy.bin', SIZE);
        age(file.path);
        front.hold('PATCH', '/tus/', SENT);
        await desktop.drop(panel.dropZone, file.path);
        await expect.poll(() => front.bodies).toBeGreaterThanOrEqual(SENT);

        // When
        change(file.path);
        front.release();

        // Then
        await expect(panel.upload(file.name)).toContainText('changed');
        await expect(panel.artifact(file.name)).toBeHidden();
      } finally {
        await front.stop();
      }
    }
  );
}
