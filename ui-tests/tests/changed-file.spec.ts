import * as fs from 'node:fs';

import { expect, test } from '../fixtures';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';

const SIZE = 3_000_000;

/** What happens to a file while it is sent, and whether it is staged all the same. */
const CHANGES: readonly [
  string,
  (place: string) => void,
  'refused' | 'staged'
][] = [
  [
    'written anew in place',
    place => {
      const file = fs.openSync(place, 'r+');
      fs.writeSync(file, Buffer.alloc(SIZE, 'n'), 0, SIZE, 0);
      fs.closeSync(file);
    },
    'refused'
  ],
  ['appended to', place => fs.appendFileSync(place, 'more'), 'refused'],
  ['truncated', place => fs.truncateSync(place, SIZE / 2), 'refused'],
  ['unlinked', place => fs.unlinkSync(place), 'staged']
];

/** A browser tells times of files in whole milliseconds, some file systems in seconds. */
function age(place: string): void {
  const past = new Date(Date.now() - 60_000);
  fs.utimesSync(place, past, past);
}

for (const [how, change, end] of CHANGES) {
  test(`a file that is ${how} while the panel sends it is ${end}`, async ({
    page,
    lab,
    desktop
  }) => {
    const front = await Front.start(lab.url, lab.token);
    try {
      // Given a file whose bytes are on their way, and do not arrive
      const panel = new PanelPage(page, front);
      await panel.open();
      await panel.signIn('alice');
      const file = desktop.file('busy.bin', SIZE);
      age(file.path);
      front.hold('PATCH', '/tus/');
      await desktop.drop(panel.dropZone, file.path);
      await expect.poll(() => front.asked('PATCH', '/tus/').length).toBe(1);

      // When
      change(file.path);
      front.release();

      // Then
      if (end === 'refused') {
        await expect(panel.upload(file.name)).toContainText('changed');
        await expect(panel.artifact(file.name)).toBeHidden();
      } else {
        await expect(panel.artifact(file.name)).toBeVisible();
      }
    } finally {
      await front.stop();
    }
  });
}
