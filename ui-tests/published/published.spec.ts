import * as fs from 'node:fs';
import * as path from 'node:path';

import { Browser, Page, expect, test as base } from '@playwright/test';

import { Desktop, sha256 } from '../desktop';
import { UploaderPage } from '../pages/uploader';
import { IHeard, Wire } from '../pages/wire';
import { Provider } from '../servers/provider';
import { Host, Published } from '../servers/published';

/** What a browser's console says of an extension that does not fit its host. */
const MISFIT =
  /doesn't exist in shared scope|openeo|failed to activate|is not implemented/i;

const NOBODYS = '0'.repeat(26);
const BYTES = Buffer.from('0123456789');

/** An uploader for others, and one whose author shows them everything. */
const UPLOADERS = {
  // marimo has no namespace of a notebook in which a connection could be found
  voila: ['ArtifactUploader()', 'ArtifactUploader(history=True)'],
  marimo: [
    'ArtifactUploader(connection)',
    'ArtifactUploader(connection, history=True)'
  ]
} as const;

const test = base.extend<{ told: Published[] }, { provider: Provider }>({
  provider: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const provider = await Provider.start();
      await use(provider);
      await provider.stop();
    },
    { scope: 'worker', timeout: 180_000 }
  ],
  // Applications that are stopped at a test's end; what they said is kept where it fails.
  // eslint-disable-next-line no-empty-pattern
  told: async ({}, use, info) => {
    const running: Published[] = [];
    await use(running);
    for (const [index, each] of running.entries()) {
      if (info.status !== info.expectedStatus) {
        fs.writeFileSync(info.outputPath(`application-${index}.log`), each.log);
      }
      await each.stop();
    }
  }
});

/** Somebody who has the address of an application, in a browser of their own. */
class Visitor {
  static async come(
    browser: Browser,
    host: Host,
    app: Published
  ): Promise<Visitor> {
    const page = await (await browser.newContext()).newPage();
    const visitor = new Visitor(
      page,
      await Wire.tap(page, host),
      app.home.files
    );
    page.on('console', message => {
      if (message.type() === 'warning' || message.type() === 'error') {
        visitor.console.push(message.text());
      }
    });
    page.on('pageerror', error => visitor.console.push(error.message));
    await page.goto(app.url);
    await expect(visitor.uploader.dropZone).toBeVisible();
    await visitor.hears(({ result }) => result?.scope === 'widget');
    return visitor;
  }

  private constructor(
    readonly page: Page,
    readonly wire: Wire,
    files: string
  ) {
    this.uploader = new UploaderPage(page);
    this.desktop = new Desktop(page, files);
  }

  readonly uploader: UploaderPage;
  readonly desktop: Desktop;
  readonly console: string[] = [];

  /** Stage a file by a drop; returns its artifact's id. */
  async stage(name: string): Promise<string> {
    const file = this.desktop.file(name, name);
    await this.desktop.drop(this.uploader.dropZone, file.path);
    await expect(this.uploader.button(`Copy link: ${name}`)).toBeVisible();
    return this.wire.heard
      .map(({ params }) => params)
      .find(
        told => told?.resource === 'artifacts' && told.value?.name === name
      )!.id;
  }

  /** What is read by the link that the page copies, as SHA-256. */
  async read(name: string): Promise<string> {
    const { page } = this;
    await page.bringToFront(); // only the page in front may use the clipboard
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await this.uploader.button(`Copy link: ${name}`).click();
    let link = '';
    await expect
      .poll(async () => {
        link = await page.evaluate(() => navigator.clipboard.readText());
        return link;
      })
      .toContain(`/${encodeURIComponent(name)}?`);
    const answer = await fetch(link);
    return sha256(Buffer.from(await answer.arrayBuffer()));
  }

  /** The names on the list of staged files, newest first. */
  async listed(): Promise<string[]> {
    const names = this.uploader.widget.locator(
      '[data-row] .jp-OpenEOArtifacts-name'
    );
    return names.allTextContents();
  }

  /** Wait for a message of the kernel's. */
  async hears(wanted: (message: IHeard) => boolean): Promise<IHeard> {
    await expect.poll(() => this.wire.heard.some(wanted)).toBe(true);
    return this.wire.heard.find(wanted)!;
  }

  /** Ask by hand; returns the answer. */
  async asks(
    id: string,
    ...[method, params, bytes]: Parameters<Wire['ask']> extends [
      string,
      ...infer Rest
    ]
      ? Rest
      : never
  ): Promise<IHeard> {
    await this.wire.ask(id, method, params, bytes);
    return this.hears(message => message.id === id);
  }
}

for (const host of ['voila', 'marimo'] as const) {
  const [forOthers, withHistory] = UPLOADERS[host];

  test(`${host}: each visitor sees and gets what their own widget staged, and nothing else`, async ({
    browser,
    provider,
    told
  }) => {
    // Given an application whose author has staged something on the same machine
    const app = await Published.start(host, {
      bin: process.env.APP_BIN!,
      addresses: provider.addresses,
      uploader: forOthers
    });
    told.push(app);
    const elsewhere = path.join(app.home.files, 'elsewhere.txt');
    fs.writeFileSync(elsewhere, 'not for visitors');
    const authors = await app.stage(elsewhere);

    // When two visitors stage a file each
    const ann = await Visitor.come(browser, host, app);
    const ben = await Visitor.come(browser, host, app);
    const anns = await ann.stage('ann.txt');
    await ben.stage('ben.txt');

    // Then each sees, and can read, what is theirs
    expect(await ann.listed()).toEqual(['ann.txt']);
    expect(await ben.listed()).toEqual(['ben.txt']);
    expect(await ann.read('ann.txt')).toBe(sha256('ann.txt'));

    // When one sends messages that no button sends, with ids that are not theirs
    const opened = await ann.asks('by hand', 'createTusUpload', {
      name: 'on its way.bin',
      size: BYTES.length
    });
    const upload = String(opened.result!.upload);
    const before = ben.wire.heard.length;
    await ben.asks('hello', 'hello', { history: true });
    const refused: IHeard[] = [];
    for (const artifact of [anns, authors.id, NOBODYS]) {
      const body = {};
      refused.push(
        await ben.asks(`sign ${artifact}`, 'signArtifact', { artifact, body })
      );
      expect(
        await ben.asks(`forget ${artifact}`, 'forgetArtifact', { artifact })
      ).toHaveProperty('error');
    }
    for (const method of [
      'closeConnection',
      'startLogin',
      'withdrawApproval'
    ]) {
      const connection = '0'.repeat(16);
      expect(await ben.asks(method, method, { connection })).toHaveProperty(
        'error'
      );
    }
    const unknown = [
      await ben.asks('cancel', 'cancelUpload', { upload }),
      await ben.asks('retry', 'retryUpload', { upload }),
      await ben.asks('where', 'getTusOffset', { upload }),
      await ben.asks('confirm', 'confirmUpload', {
        upload,
        body: { unchanged: false }
      }),
      await ben.asks(
        'bytes',
        'sendBytes',
        { upload, offset: 0 },
        Buffer.from('x')
      )
    ];

    // Then they are answered as if nothing of that were there
    const said = (answer: IHeard) => JSON.stringify(answer.error);
    expect(new Set(refused.map(said)).size).toBe(1);
    expect(refused[0]!.error!.data.status).toBe(404);
    expect(new Set(unknown.map(said)).size).toBe(1);
    expect(unknown[0]!.error!.data.status).toBe(404);
    expect(
      ben.wire.heard
        .slice(before)
        .filter(({ params }) => params?.id === upload || params?.id === anns)
    ).toEqual([]);
    const words = JSON.stringify(ben.wire.heard);
    expect(words).not.toMatch(/ann\.txt|on its way|elsewhere|X-Amz/);
    expect(await ben.listed()).toEqual(['ben.txt']);

    // And nothing has happened to the others' files and logins
    await ann.asks('all of it', 'sendBytes', { upload, offset: 0 }, BYTES);
    await ann.hears(
      ({ params }) => params?.id === upload && params.state === 'staged'
    );
    await expect
      .poll(() => ann.listed())
      .toEqual(['on its way.bin', 'ann.txt']);
    expect(await ann.read('on its way.bin')).toBe(sha256(BYTES));
    expect(await ben.read('ben.txt')).toBe(sha256('ben.txt'));
    const again = await app.stage(elsewhere);
    expect(again).toMatchObject({ id: authors.id, reused: true });
    expect(JSON.stringify(ann.wire.heard)).not.toMatch(/ben\.txt|elsewhere/);

    // And the consoles have no complaint of us
    const consoles = [...ann.console, ...ben.console];
    expect(consoles.filter(text => MISFIT.test(text))).toEqual([]);
  });

  test(`${host}: an author who says history=True shows visitors what is staged on the machine`, async ({
    browser,
    provider,
    told
  }) => {
    // Given
    const app = await Published.start(host, {
      bin: process.env.APP_BIN!,
      addresses: provider.addresses,
      uploader: withHistory
    });
    told.push(app);
    const elsewhere = path.join(app.home.files, 'elsewhere.txt');
    fs.writeFileSync(elsewhere, 'for visitors');
    await app.stage(elsewhere);

    // When
    const visitor = await Visitor.come(browser, host, app);

    // Then
    await expect(
      visitor.uploader.button('Copy link: elsewhere.txt')
    ).toBeVisible();
    expect(await visitor.read('elsewhere.txt')).toBe(sha256('for visitors'));
  });
}
