import { expect, Locator, Page } from '@playwright/test';

import type { HubServer } from '../servers/hub';

/** The hub's own pages. */
export class HubPage {
  constructor(
    readonly page: Page,
    private readonly _server: HubServer
  ) {}

  get stopButton(): Locator {
    return this.page.getByRole('button', { name: 'Stop My Server' });
  }

  get startButton(): Locator {
    return this.page.getByRole('button', { name: 'Start My Server' });
  }

  /** Log in; the default server starts. */
  async logIn(): Promise<void> {
    const { origin, hub, user } = this._server;
    await this.page.goto(`${origin}hub/login`);
    await this.page.getByLabel('Username:').fill(user);
    await this.page.getByLabel('Password:').fill(hub.password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.started('');
  }

  /** Open the page with the user's servers. */
  async open(): Promise<void> {
    await this.page.goto(`${this._server.origin}hub/home`);
    await expect(this.stopButton.or(this.startButton).first()).toBeVisible();
  }

  /** Stop the default server, and wait until it has ended. */
  async stop(): Promise<void> {
    await this.open();
    await this.stopButton.click();
    await expect(this.startButton).toBeVisible();
    await expect
      .poll(() => this._server.hub.running(this._server.user))
      .not.toContain('');
  }

  /** Start the default server, and wait until its JupyterLab is there. */
  async start(): Promise<void> {
    await this.open();
    await this.startButton.click();
    const started = this.started('');
    // Where another server of theirs runs, the hub asks once more.
    const asked = this.page.getByRole('button', { name: 'Launch Server' });
    await Promise.race([started, asked.click().catch(() => undefined)]);
    await started;
  }

  /** Add a server with a name, and wait until its JupyterLab is there. */
  async add(name: string): Promise<void> {
    await this.open();
    await this.page.getByLabel('server name').fill(name);
    await this.page.getByRole('button', { name: 'Add New Server' }).click();
    const row = this.page.getByRole('row').filter({ hasText: name });
    await row.getByRole('button', { name: 'start', exact: true }).click();
    await this.started(`${name}/`);
  }

  /** Wait until a server has been started, and its page is there. */
  async started(name: string): Promise<void> {
    const { origin, user } = this._server;
    await this.page.waitForURL(`${origin}user/${user}/${name}lab**`);
  }
}
