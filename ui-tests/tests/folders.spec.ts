import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { FileBrowser } from '../pages/filebrowser';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';

/** What Python's zipfile, which knows nothing of us, reads in a zip. */
const READER = `
import hashlib, io, json, sys, zipfile
with zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())) as found:
    assert {each.compress_type for each in found.infolist()} == {zipfile.ZIP_STORED}
    print(json.dumps({each: hashlib.sha256(found.read(each)).hexdigest() for each in found.namelist()}))
`;

/** The files behind a link to a zip, each with its digest. */
async function unzipped(link: string): Promise<unknown> {
  const input = Buffer.from(await (await fetch(link)).arrayBuffer());
  return JSON.parse(
    execFileSync('python3', ['-c', READER], { input }).toString()
  );
}

/** Files of a folder, written anew; returns the digest of each. */
function fill(folder: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.map(name => {
      const place = path.join(folder, name);
      const bytes = randomBytes(300_000);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.writeFileSync(place, bytes);
      const past = new Date(Date.now() - 60_000);
      fs.utimesSync(place, past, past);
      return [name, sha256(bytes)];
    })
  );
}

test('a dropped folder is staged as one zip, or as its files', async ({
  page,
  panel,
  desktop
}) => {
  // Given
  await panel.open();
  await panel.signIn('alice');
  const tiles = desktop.folder('tiles');
  fs.rmSync(path.join(tiles, 'inside.txt'));
  const digests = fill(tiles, 'a.tif', 'x/ü b.tif');
  fill(tiles, '.DS_Store');
  const question = page.getByRole('alertdialog');

  // When
  await desktop.drop(panel.dropZone, tiles);
  await expect(question).toContainText(
    '“tiles” is a folder (2 files, 600 kB). Left out: .DS_Store.'
  );
  await expect(question).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');

  // Then
  expect(await unzipped(await panel.copyLink('tiles.zip'))).toEqual(digests);

  // When
  await desktop.drop(panel.dropZone, tiles);
  await question.getByRole('button', { name: 'Stage 2 files' }).click();

  // Then: under the names that they have
  for (const [name, digest] of Object.entries(digests)) {
    await page.getByRole('button', { name: 'Dismiss message' }).click();
    const answer = await fetch(await panel.copyLink(`tiles/${name}`));
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(digest);
  }
});

test('a folder of which a file changes while it is sent is refused', async ({
  page,
  lab,
  desktop
}) => {
  const front = await Front.start(lab.url, lab.token);
  try {
    // Given a zip whose bytes are on their way, and do not arrive
    const panel = new PanelPage(page, front);
    await panel.open();
    await panel.signIn('alice');
    const busy = desktop.folder('busy');
    fill(busy, 'a.tif', 'b.tif');
    front.hold('PATCH', '/tus/');
    await desktop.drop(panel.dropZone, busy);
    await page.getByRole('button', { name: 'Stage one zip' }).click();
    await expect.poll(() => front.asked('PATCH', '/tus/').length).toBe(1);

    // When one is written anew, of the same size
    fs.writeFileSync(path.join(busy, 'b.tif'), randomBytes(300_000));
    front.release();

    // Then
    await expect(panel.upload('busy.zip')).toContainText('changed');
    await expect(panel.artifact('busy.zip')).toBeHidden();
  } finally {
    await front.stop();
  }
});

test(
  'a folder of the file browser is zipped by the server',
  { tag: '@slow' },
  async ({ page, lab, panel }) => {
    // Given a Zarr store
    const digests = fill(
      path.join(lab.home.root, 'ndvi.zarr'),
      'c/0/0',
      'zarr.json'
    );
    await panel.open();
    await panel.signIn('alice');
    const files = new FileBrowser(page);
    await files.show();

    // When
    await files.choose('ndvi.zarr', 'Stage as openEO artifact');
    const question = page.getByRole('alertdialog');
    await expect(question).toContainText('“ndvi.zarr” is a Zarr store');
    await question.getByRole('button', { name: 'Stage one zip' }).click();

    // Then
    const link = await panel.copyLink('ndvi.zarr.zip');
    expect(await unzipped(link)).toEqual(digests);
  }
);
