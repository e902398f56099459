import { Locator, Page } from '@playwright/test';

/** The uploader widget in the output of a cell. */
export class UploaderPage {
  constructor(private readonly _page: Page) {}

  get widget(): Locator {
    return this._page.getByRole('group', { name: 'openEO artifact uploader' });
  }

  get dropZone(): Locator {
    return this.widget.getByText('Drop files here, or');
  }

  /** What is said aloud. */
  get said(): Locator {
    return this.widget.getByRole('status');
  }

  row(name: string): Locator {
    return this.widget.getByRole('row').filter({ hasText: name });
  }

  button(name: string): Locator {
    return this.widget.getByRole('button', { name, exact: true });
  }
}
