import { expect, Locator, Page, Route } from '@playwright/test';

import { PanelPage } from './panel';

/** What is seen of the panel while it is closed. */
export class ClosedPanel {
  constructor(
    private readonly _page: Page,
    private readonly _panel: PanelPage
  ) {}

  /** The panel's icon in the side bar. */
  get icon(): Locator {
    return this._page.getByRole('tab', { name: /^openEO artifacts/ });
  }

  /** Where files go in while some are dragged; it is not there for a screen reader. */
  get strip(): Locator {
    return this._page.getByText('Stage for openEO');
  }

  /** What the status bar says of uploads. */
  get status(): Locator {
    return this._page.getByRole('button', {
      name: /on (its|their) way to openEO/
    });
  }

  /** A notification with these words. */
  notification(words: string | RegExp): Locator {
    return this._page.getByRole('alert').filter({ hasText: words });
  }

  async close(): Promise<void> {
    await this.icon.click();
    await expect(this._panel.region).toBeHidden();
  }
}

/** Keeps the bytes of uploads back until they are let go. */
export class HeldUploads {
  static async of(page: Page): Promise<HeldUploads> {
    const held = new HeldUploads(page);
    await page.route(PLACE, route => held._keep(route));
    return held;
  }

  private constructor(private readonly _page: Page) {}

  /** Let all go, and keep none back any more. */
  async letGo(): Promise<void> {
    this._open = true;
    await Promise.all(this._kept.splice(0).map(route => route.continue()));
    await this._page.unroute(PLACE);
  }

  private async _keep(route: Route): Promise<void> {
    if (this._open || route.request().method() !== 'PATCH') {
      await route.continue();
    } else {
      this._kept.push(route);
    }
  }

  private readonly _kept: Route[] = [];
  private _open = false;
}

const PLACE = /\/jupyter-openeo-artifacts\//;
