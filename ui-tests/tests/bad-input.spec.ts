import * as fs from 'node:fs';

import { sha256 } from '../desktop';
import { expect, test } from '../fixtures';
import { NotebookPage } from '../pages/notebook';
import { freePort } from '../servers/ports';

const TRIANGLE = {
  type: 'Polygon',
  coordinates: [
    [
      [3.7, 51],
      [3.8, 51],
      [3.8, 51.1],
      [3.7, 51]
    ]
  ]
};

test.describe('an address', () => {
  test('that is not openEO is said to be none', async ({ panel, provider }) => {
    await panel.open();
    const answer = await panel.typeBackend(provider.addresses.issuer);
    await expect(answer).toContainText('there is no openEO API');
    await expect(panel.button('Use this backend')).toBeDisabled();
  });

  test('where nobody answers is said to be unreachable', async ({ panel }) => {
    await panel.open();
    const answer = await panel.typeBackend(
      `http://127.0.0.1:${await freePort()}`
    );
    await expect(answer).toContainText(/reach|answer/i);
    await expect(panel.button('Use this backend')).toBeDisabled();
  });

  test(
    'that cannot be one is said to be wrong',
    { tag: '@slow' },
    async ({ panel }) => {
      await panel.open();
      const answer = await panel.typeBackend('not an address');
      await expect(answer).toContainText('This address has a space');
      await expect(panel.button('Use this backend')).toBeDisabled();
    }
  );
});

test(
  'a backend without artifact storage takes a GeoJSON into the notebook',
  { tag: '@slow' },
  async ({ page, lab, panel, troubled, desktop }) => {
    // Given a person signed in there
    await NotebookPage.create(lab, 'inline.ipynb', [
      { type: 'code', source: '' }
    ]);
    await panel.open('inline.ipynb');
    const notebook = new NotebookPage(page);
    await notebook.ready();
    await panel.useBackend(troubled.addresses.without_storage);
    await panel.signIn('alice');
    await expect(panel.region).toContainText(
      'This backend does not offer artifact storage.'
    );

    // When a small GeoJSON is dropped
    const field = desktop.file('field.geojson', JSON.stringify(TRIANGLE));
    await desktop.drop(panel.region, field.path);

    // Then it is a cell that runs
    await expect(panel.said).toContainText('field.geojson');
    await expect(notebook.cell(-1)).toContainText('geometry = json.loads(');
    await notebook.run(-1);
    const printed = await notebook.runNew('print(geometry["coordinates"])');
    expect(printed).toContain('51.1');

    // And anything else is refused with the reason
    const other = desktop.file('scene.tif', 1000);
    await desktop.drop(panel.region, other.path);
    await expect(panel.upload('scene.tif')).toContainText(
      'Only GeoJSON can go into the notebook as text.'
    );
  }
);

test('storage of an unknown type is named', async ({ panel, troubled }) => {
  await panel.open();
  await panel.useBackend(troubled.addresses.unknown_storage);
  await panel.signIn('alice');
  await expect(panel.problem).toContainText('TapeRobotConfig');
  await expect(panel.dropZone).toBeHidden();
});

test.describe('a sign-in', () => {
  test('that is denied says so and can be tried again', async ({ panel }) => {
    await panel.open();
    await panel.answerSignIn(await panel.startSignIn(), 'alice', 'Deny');
    await expect(panel.problem).toContainText('The sign-in was denied.');
    await panel.button('Try again').click();
    await expect(
      panel.region.getByRole('region', { name: 'Signing in' })
    ).toBeVisible();
  });

  test(
    'that nobody answers in time says so',
    { tag: '@slow' },
    async ({ panel, troubled }) => {
      await panel.open();
      await panel.useBackend(troubled.backend);
      const asked = await panel.startSignIn();
      await expect(asked.getByRole('timer')).toContainText(/0:0\d left/);
      await expect(panel.problem).toContainText('The code has expired');
      await expect(panel.button('Try again')).toBeVisible();
    }
  );

  test('that is cancelled says so', async ({ panel }) => {
    await panel.open();
    await panel.startSignIn();
    await panel.button('Cancel').click();
    await expect(panel.problem).toContainText('The sign-in was cancelled.');
    await expect(panel.button('Try again')).toBeVisible();
  });
});

test('an empty file is staged', async ({ panel, desktop }) => {
  await panel.open();
  await panel.signIn('alice');
  await desktop.drop(panel.dropZone, desktop.file('empty.csv', '').path);
  await expect(panel.artifact('empty.csv')).toContainText('0 B');
  const answer = await fetch(await panel.copyLink('empty.csv'));
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe('');
});

test('names are text, whatever is in them', async ({
  page,
  lab,
  panel,
  desktop
}) => {
  // Given names that HTML, Python or a URL would read as something else
  const names = [
    `it's "quoted" & 100% #1?.txt`,
    'Übersicht 🌾 田.tif',
    '<img src=x onerror=window.__pwned=1>',
    'a\u202Etxt.exe',
    `${'long'.repeat(60)}.bin`
  ];
  await NotebookPage.create(lab, 'names.ipynb', [{ type: 'code', source: '' }]);
  await panel.open('names.ipynb');
  const notebook = new NotebookPage(page);
  await notebook.ready();
  await panel.signIn('alice');

  // When all of them are dropped
  const files = names.map(name => desktop.file(name, `content of ${name}`));
  await desktop.drop(panel.dropZone, ...files.map(({ path }) => path));

  // Then each has its row, by its whole name
  for (const name of names) {
    await expect(panel.artifact(name)).toBeVisible();
  }

  // And its cell runs, and reads that file
  await notebook.add('import hashlib, urllib.request');
  for (const file of files.slice(0, 3)) {
    await notebook.add('');
    await panel.insert(file.name, 'Insert link… (stays in the notebook)');
    await panel.chooseLifetime();
    await expect(notebook.cell(-1)).toContainText('_url = (');
    const [, name] = /^(\w+) = \(/m.exec(await notebook.source(-1)) ?? [];
    await notebook.run(-1);
    const printed = await notebook.runNew(
      'import hashlib, urllib.request\n' +
        `print(hashlib.sha256(urllib.request.urlopen(${name}).read()).hexdigest())`
    );
    expect(printed).toContain(file.sha256);
  }

  // And nothing of a name was run
  const pwned = await page.evaluate(() => '__pwned' in window);
  expect(pwned).toBe(false);
});

test(
  'a name with a line break is refused, and staged under another one',
  { tag: '@slow' },
  async ({ panel, desktop }) => {
    await panel.open();
    await panel.signIn('alice');
    await desktop.drop(
      panel.dropZone,
      desktop.file('two\nlines.txt', '2').path
    );
    await expect(panel.uploads.getByRole('row')).toContainText(
      /cannot be used .* line break .* Rename the file/
    );
    await expect(panel.artifacts).toBeHidden();

    await panel.button('Stage as “two_lines.txt”').click();
    await expect(panel.artifact('two_lines.txt')).toBeVisible();
  }
);

test('a cancelled upload leaves nothing, here or in storage', async ({
  panel,
  troubled,
  desktop
}) => {
  // Given a large file on its way
  await panel.open();
  await panel.useBackend(troubled.backend);
  await panel.signIn('alice');
  const before = await troubled.inventory();
  const file = desktop.file('large.bin', 0);
  fs.truncateSync(file.path, 1_500_000_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.upload(file.name).getByRole('progressbar')).toBeVisible();
  await expect
    .poll(async () => (await troubled.inventory()).uploads.length)
    .toBe(1);

  // When it is cancelled
  await panel.button(`Cancel ${file.name}`).click();

  // Then its row goes, no artifact comes, and storage holds neither object nor parts
  await expect(panel.upload(file.name)).toBeHidden();
  await expect(panel.artifact(file.name)).toBeHidden();
  await expect
    .poll(() => troubled.inventory())
    .toEqual({ objects: before.objects, uploads: [] });
});

test('storage that is down is said to be, and trying again goes on', async ({
  panel,
  troubled,
  desktop
}) => {
  // Given a backend whose storage, with its STS, does not answer
  await troubled.stopStorage();
  await panel.open();
  await panel.useBackend(troubled.backend);
  await panel.signIn('alice');
  const file = desktop.file('patient.bin', 300_000);

  // When a file is dropped
  await desktop.drop(panel.dropZone, file.path);

  // Then its row says so, and offers to try again
  const again = panel.button(`Try ${file.name} again`);
  await expect(again).toBeVisible();
  await expect(panel.upload(file.name)).toContainText(/storage/i);

  // And once storage is back, that is all it takes: the bytes are still here
  await troubled.startStorage();
  await again.click();
  await expect(panel.artifact(file.name)).toBeVisible();
  const answer = await fetch(await panel.copyLink(file.name));
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(file.sha256);
});
