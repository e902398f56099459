import { Locator, Page } from '@playwright/test';

/** JupyterLab's own file browser. */
export class FileBrowser {
  constructor(private readonly _page: Page) {}

  file(name: string): Locator {
    return this._page
      .locator('.jp-DirListing-item')
      .filter({ has: this._page.getByText(name, { exact: true }) });
  }

  /** Where files from the desktop may be dropped. */
  get listing(): Locator {
    return this._page.locator('.jp-DirListing-content');
  }

  async show(): Promise<void> {
    const tab = this._page.getByRole('tab', { name: /File Browser/ });
    if ((await tab.getAttribute('aria-selected')) !== 'true') {
      await tab.click();
    }
    // The listing moves when it comes, and a click would find another file.
    const listed = this._page.waitForResponse(response =>
      response.url().includes('/api/contents')
    );
    await this._page
      .getByRole('button', { name: /Refresh the file browser/ })
      .click();
    await (await listed).finished();
  }

  /** Choose an entry of a file's context menu; `meanwhile` happens while it is open. */
  async choose(
    name: string,
    entry: string,
    meanwhile: () => void = () => {}
  ): Promise<void> {
    await this.file(name).click({ button: 'right' });
    meanwhile();
    await this._page.getByRole('menuitem', { name: entry }).click();
  }

  /** Drag a file by the mouse and let it go over an element. */
  async drag(name: string, target: Locator): Promise<void> {
    await this.dragTo(name, target);
    await this._page.mouse.up();
  }

  /** The same, without letting go. */
  async dragTo(name: string, target: Locator): Promise<void> {
    const from = await middle(this.file(name));
    const to = await middle(target);
    const { mouse } = this._page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    // JupyterLab begins a drag when the mouse has gone a few pixels.
    await mouse.move(from.x + 20, from.y + 10, { steps: 5 });
    await mouse.move(to.x, to.y, { steps: 10 });
  }

  /** Go on with a drag to an element, and let go there. */
  async letGo(target: Locator): Promise<void> {
    const to = await middle(target);
    await this._page.mouse.move(to.x, to.y, { steps: 10 });
    await this._page.mouse.up();
  }
}

async function middle(element: Locator): Promise<{ x: number; y: number }> {
  const box = await element.boundingBox();
  if (box === null) {
    throw new Error('Not on the screen');
  }
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
