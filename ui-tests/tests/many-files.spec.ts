import { Desktop } from '../desktop';
import { expect, test } from '../fixtures';
import { NotebookPage } from '../pages/notebook';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';

const FILES = 6;

test('six uploads that stand still leave a notebook to be saved and folders to be opened', async ({
  page,
  lab,
  desktop
}) => {
  const front = await Front.start(lab.url, lab.token);
  try {
    // Given somebody signed in, with a notebook open, and a server that takes in no bytes
    await NotebookPage.create(lab, 'save.ipynb', [
      { type: 'code', source: '' }
    ]);
    const panel = new PanelPage(page, front);
    await panel.open('save.ipynb');
    const notebook = new NotebookPage(page);
    await notebook.ready();
    await panel.signIn('alice');
    front.hold('PATCH', '/tus/');

    // When six files are dropped
    const files = Array.from({ length: FILES }, (_, index) =>
      desktop.file(`held-${index}.bin`, 1_000_000 + index)
    );
    await desktop.drop(panel.dropZone, ...files.map(({ path }) => path));
    await expect(panel.uploads.getByRole('row')).toHaveCount(FILES);
    await expect
      .poll(() => front.asked('PATCH', '/tus/').length)
      .toBeGreaterThanOrEqual(2);

    // Then JupyterLab is answered, and a notebook is saved
    const listed = await page.evaluate(async () => {
      const answer = await fetch(new URL('/api/contents', location.href));
      return answer.status;
    });
    expect(listed).toBe(200);
    await notebook.edit(0);
    await page.keyboard.insertText('saved = True');
    const saved = page.waitForResponse(
      answer =>
        answer.request().method() === 'PUT' &&
        answer.url().includes('/api/contents/save.ipynb')
    );
    await page.keyboard.press('Control+s');
    expect((await saved).status()).toBe(200);

    // And two files were begun; the others wait, and one of them can be taken back
    expect(front.asked('PATCH', '/tus/')).toHaveLength(2);
    await expect(
      panel.uploads.getByText('Waiting for its turn', { exact: true })
    ).toHaveCount(FILES - 2);
    await panel.button('Cancel held-5.bin').click();
    await expect(panel.upload('held-5.bin')).toBeHidden();

    // When bytes are taken in again
    front.release();

    // Then all others are staged, and the one taken back was never heard of
    for (const { name } of files.slice(0, -1)) {
      await expect(panel.artifact(name)).toBeVisible();
    }
    const created = front
      .asked('POST', '/tus')
      .filter(({ path }) => !path.includes('/confirmation'));
    expect(created).toHaveLength(FILES - 1);
    expect(front.heldAtOnce).toBe(2);
  } finally {
    await front.stop();
  }
});

test(
  'tabs of one browser have their turns together',
  { tag: '@slow' },
  async ({ page, lab, desktop }) => {
    const front = await Front.start(lab.url, lab.token);
    const second = await page.context().newPage();
    try {
      // Given two tabs, and a server that takes in no bytes
      const here = new PanelPage(page, front);
      const there = new PanelPage(second, front);
      await here.open();
      await here.signIn('alice');
      await there.open();
      front.hold('PATCH', '/tus/');

      // When files are dropped in both
      const first = desktop.file('a.bin', 1_000_000);
      const others = ['b', 'c'].map((name, index) =>
        desktop.file(`${name}.bin`, 1_000_001 + index)
      );
      await desktop.drop(here.dropZone, first.path);
      await expect.poll(() => front.asked('PATCH', '/tus/').length).toBe(1);
      const further = new Desktop(second, lab.home.files);
      await further.drop(there.dropZone, ...others.map(({ path }) => path));

      // Then one of the other tab's is sent beside the first, and one waits
      await expect.poll(() => front.asked('PATCH', '/tus/').length).toBe(2);
      await expect(
        there.uploads.getByText('Waiting for its turn', { exact: true })
      ).toHaveCount(1);

      // When bytes are taken in again
      front.release();

      // Then all are staged, never more than two at a time
      for (const { name } of [first, ...others]) {
        await expect(there.artifact(name)).toBeVisible();
      }
      expect(front.heldAtOnce).toBe(2);
    } finally {
      await second.close();
      await front.stop();
    }
  }
);
