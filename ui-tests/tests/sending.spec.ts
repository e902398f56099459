import { expect, test } from '../fixtures';
import { PanelPage } from '../pages/panel';
import { Front } from '../servers/front';

const FILES = 30;

test('thirty files are one total, two are sent, and all can be paused, resumed and cancelled', async ({
  page,
  lab,
  desktop
}) => {
  const front = await Front.start(lab.url, lab.token);
  try {
    // Given somebody signed in, and a server that takes in no bytes
    const panel = new PanelPage(page, front);
    await panel.open();
    await panel.signIn('alice');
    front.hold('PATCH', '/tus/');
    const bodies = (): number => front.asked('PATCH', '/tus/').length;
    const total = panel.region.getByRole('group', { name: 'All uploads' });

    // When thirty files are dropped
    const files = Array.from({ length: FILES }, (_, index) =>
      desktop.file(
        `tile-${String(index).padStart(2, '0')}.bin`,
        400_000 + index
      )
    );
    await desktop.drop(panel.dropZone, ...files.map(({ path }) => path));

    // Then they are told of as one, and the rest waits in one row that opens
    await expect(total).toContainText(`Staging 0 of ${FILES}`);
    await expect.poll(bodies).toBe(2);
    const waiting = panel.uploads.getByRole('button', {
      name: `${FILES - 2} waiting`
    });
    await expect(waiting).toHaveAttribute('aria-expanded', 'false');
    await waiting.click();
    await expect(panel.upload('tile-02.bin')).toBeVisible();
    await page.keyboard.press('End');
    await expect(panel.upload('tile-29.bin')).toBeInViewport();
    await waiting.click();
    await expect(panel.upload('tile-29.bin')).toBeHidden();

    // When all are paused, and bytes are taken in again
    await total.getByRole('button', { name: 'Pause all' }).click();
    await expect(total).toContainText('Paused');
    front.release();

    // Then nothing more is sent until they are resumed
    const resume = total.getByRole('button', { name: 'Resume all' });
    await expect(resume).toBeVisible();
    const sent = bodies();
    await expect(panel.artifact('tile-29.bin')).toBeHidden();
    expect(bodies()).toBe(sent);
    front.hold('PATCH', '/tus/');
    await resume.click();
    await expect.poll(bodies).toBeGreaterThan(sent);

    // When all are cancelled
    await total.getByRole('button', { name: 'Cancel all' }).click();
    front.release();

    // Then nothing is left on the list but what was staged before
    await expect(total).toBeHidden();
    await expect(panel.uploads.getByRole('row')).toHaveCount(0);
    expect(front.heldAtOnce).toBe(2);
  } finally {
    await front.stop();
  }
});
