import { expect, Locator, Page } from '@playwright/test';

/** Jupyter's command palette, by the keyboard. */
export class Palette {
  constructor(private readonly _page: Page) {}

  /** Run the command of that name. */
  async run(label: string): Promise<void> {
    const { keyboard } = this._page;
    const items = this._page.locator('.lm-CommandPalette-item');
    const wanted = items.filter({
      has: this._page
        .locator('.lm-CommandPalette-itemLabel')
        .getByText(label, { exact: true })
    });
    // Jupyter hears its shortcuts some time after it shows a notebook, and the notebook then takes
    // the focus once more, which closes the palette.
    await expect(async () => {
      const search = this._page.getByRole('textbox', { name: 'SEARCH' });
      if (!(await search.isVisible())) {
        await keyboard.press('Control+Shift+C');
      }
      await search.fill(label, { timeout: 1_000 });
      await expect(wanted).toBeVisible({ timeout: 1_000 });
      await walkTo(wanted, await items.count(), () =>
        keyboard.press('ArrowDown')
      );
    }).toPass({ timeout: 60_000 });
    await keyboard.press('Enter');
  }
}

/** Step on until an item is the active one. */
async function walkTo(
  wanted: Locator,
  steps: number,
  step: () => Promise<void>
): Promise<void> {
  for (let left = steps; left > 0; left -= 1) {
    const classes = await wanted.getAttribute('class', { timeout: 1_000 });
    if (classes?.includes('lm-mod-active')) {
      return;
    }
    await step();
  }
  throw new Error('The command is not reached by the arrow keys.');
}
