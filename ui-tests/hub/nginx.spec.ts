import * as fs from 'node:fs';
import * as path from 'node:path';

import { sha256 } from '../desktop';
import { HubPage } from '../pages/hub';
import { NotebookPage, printedSha, shaOf } from '../pages/notebook';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';
import { HubServer } from '../servers/hub';
import { Nginx } from '../servers/nginx';
import { expect, test as base } from './fixtures';

const PROGRAM = process.env.NGINX!;
const MEGABYTE = 1_000_000;
const LIMIT = 2 ** 20;
const HELD = 3 * MEGABYTE;

/** What docs/admin.md tells administrators to add. */
const ADVISED = /```nginx\n([^`]+)```/.exec(
  fs.readFileSync(path.join(__dirname, '../../docs/admin.md'), 'utf8')
)![1]!;

const test = base.extend<{ before: (lines?: string) => Promise<Nginx> }>({
  /** Puts an nginx before the hub; what it said is kept where a test fails. */
  before: async ({ hub }, use, info) => {
    const started: Nginx[] = [];
    await use(async lines => {
      const nginx = await Nginx.start({
        program: PROGRAM,
        target: hub.url,
        lines
      });
      started.push(nginx);
      return nginx;
    });
    for (const nginx of started) {
      if (info.status !== info.expectedStatus) {
        fs.writeFileSync(info.outputPath('nginx.log'), nginx.log);
      }
      await nginx.stop();
    }
  }
});

test('behind nginx as it comes, a page learns the limit of 1 MB by one refusal', async ({
  page,
  hub,
  user,
  desktop,
  before
}) => {
  // Given
  const nginx = await before();
  const server = new HubServer(hub, user, '', nginx.url);
  const panel = new PanelPage(page, server);
  await new HubPage(page, server).logIn();
  await NotebookPage.create(server, 'main.ipynb', [
    { type: 'code', source: '' }
  ]);
  await panel.open('main.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');

  // When a file above the limit is dropped, and then many more
  const first = desktop.file('first.parquet', 5 * MEGABYTE);
  await desktop.drop(panel.dropZone, first.path);
  await expect(panel.artifact(first.name)).toBeVisible();
  const more = Array.from({ length: 8 }, (_, index) =>
    desktop.file(`more-${index}.bin`, 2 * MEGABYTE + index)
  );
  await desktop.drop(panel.dropZone, ...more.map(({ path: file }) => file));
  for (const { name } of more) {
    await expect(panel.artifact(name)).toBeVisible();
  }

  // Then nginx has refused one request, and all others were small enough
  const sent = nginx.answered('PATCH', '/tus/');
  const refused = sent.filter(({ status }) => status === 413);
  expect(refused).toHaveLength(1);
  const taken = sent.filter(({ status }) => status < 300);
  expect(taken.length).toBeGreaterThanOrEqual(5 + 2 * more.length);
  expect(Math.max(...taken.map(({ size }) => size))).toBeLessThan(
    LIMIT + 10_000
  );

  // And the kernel, by its websocket, reads what was dropped
  await panel.insert(first.name, 'Insert code (makes a link when run)');
  await expect(notebook.cell(0)).toContainText('presigned_url("s3://');
  await notebook.run(0);
  const printed = await notebook.runNew(shaOf('first_url'));
  expect(printedSha(printed)).toBe(first.sha256);
  const last = await fetch(await panel.copyLink(more.at(-1)!.name));
  expect(sha256(Buffer.from(await last.arrayBuffer()))).toBe(
    more.at(-1)!.sha256
  );
});

for (const [buffering, lines, keeps] of [
  ['as docs/admin.md advises, passes on what comes', ADVISED, false],
  [
    'with its own buffering, keeps a body until all of it is there',
    'client_max_body_size 0;',
    true
  ]
] as const) {
  test(`nginx ${buffering}`, async ({ page, hub, user, desktop, before }) => {
    // Given
    const nginx = await before(lines);
    const front = await Front.start(nginx.url, '');
    try {
      const server = new HubServer(hub, user, '', front.url);
      const panel = new PanelPage(page, server);
      await new HubPage(page, server).logIn();
      await panel.open();
      await panel.signIn('alice');

      // When a part of a file has left the browser
      front.hold('PATCH', '/tus/', HELD);
      const file = desktop.file('scene.bin', 6 * MEGABYTE);
      await desktop.drop(panel.dropZone, file.path);
      const received = async (): Promise<number> =>
        (await server.received(file.name)) ?? 0;

      // Then it is where it should be, and nowhere else
      await (keeps
        ? expect.poll(() => nginx.buffers('PATCH')).toBe(true)
        : expect.poll(received).toBeGreaterThan(MEGABYTE));
      expect([(await received()) > 0, nginx.buffers('PATCH')]).toEqual([
        !keeps,
        keeps
      ]);

      // And all of it goes through, in one request
      front.release();
      await expect(panel.artifact(file.name)).toBeVisible();
      expect(nginx.answered('PATCH', '/tus/')).toHaveLength(1);
      const answer = await fetch(await panel.copyLink(file.name));
      expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
    } finally {
      await front.stop();
    }
  });
}
