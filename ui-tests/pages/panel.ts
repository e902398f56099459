import { expect, Locator, Page } from '@playwright/test';

import { ApprovalPage, DemoUser } from './approval';

/** The words of the menu under "Insert". */
export type InsertEntry =
  | 'Insert code (makes a link when run)'
  | 'Insert s3:// address (unknown if jobs can read it)'
  | 'Insert link… (stays in the notebook)';

/** A server that gives out addresses of its pages. */
interface IPages {
  page(place: string): string;
}

/** What a row with that name is called by who hears it: its name, then what is known of it. */
function called(name: string): RegExp {
  const spaced = name.trim().replace(/\s+/g, ' ');
  return new RegExp(`^${spaced.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}, `);
}

let workspaces = 0;

/** The openEO artifacts panel, by the roles and names that a person with a screen reader meets. */
export class PanelPage {
  constructor(
    readonly page: Page,
    private readonly _server: IPages
  ) {}

  /** The panel itself. */
  get region(): Locator {
    return this.page.getByRole('region', {
      name: 'openEO artifacts',
      exact: true
    });
  }

  /** What was just said about what the person did. */
  get said(): Locator {
    return this.region.getByRole('status', { name: 'Last action' });
  }

  get problem(): Locator {
    return this.region.getByRole('alert');
  }

  get backend(): Locator {
    return this.region.getByLabel('Backend', { exact: true });
  }

  get dropZone(): Locator {
    return this.region.getByText('Drop files here, or');
  }

  /** The files on their way. */
  get uploads(): Locator {
    return this.region.getByRole('region', { name: /^Upload/ });
  }

  upload(name: string): Locator {
    return this.uploads.getByRole('row', { name: called(name) });
  }

  /** What is staged. */
  get artifacts(): Locator {
    return this.region.getByRole('region', { name: /^Artifacts \(/ });
  }

  artifact(name: string): Locator {
    return this.artifacts.getByRole('row', { name: called(name) });
  }

  /** Wait for an artifact, to the moment: a locator looks every half second in the end. */
  async seen(name: string): Promise<void> {
    await this.region.evaluate((region, label) => {
      const there = (): boolean =>
        [...region.querySelectorAll('button')].some(
          button => button.getAttribute('aria-label') === label
        );
      return new Promise<void>(resolve => {
        const look = (): void => {
          if (there()) {
            observer.disconnect();
            resolve();
          }
        };
        const observer = new MutationObserver(look);
        observer.observe(region, { subtree: true, childList: true });
        look();
      });
    }, `Copy link to ${name}`);
    await expect(this.artifact(name)).toBeVisible();
  }

  button(name: string): Locator {
    return this.region.getByRole('button', { name, exact: true });
  }

  /** Open JupyterLab, in a workspace of its own, on a document if one is named. */
  async load(document = ''): Promise<void> {
    workspaces += 1;
    const place = `lab/workspaces/test-${process.pid}-${workspaces}`;
    const tree = document === '' ? '' : `/tree/${document}`;
    await this.page.goto(this._server.page(`${place}${tree}`));
    // The splash goes when the layout is restored; until then JupyterLab takes the focus once more.
    await expect(this.page.locator('#jupyterlab-splash')).toHaveCount(0);
    if (document === '') {
      await expect(this.page.locator('.jp-Launcher')).toBeVisible();
    }
  }

  /** The same, with the panel in front. */
  async open(document = ''): Promise<void> {
    await this.load(document);
    await this.show();
  }

  /** Wait until JupyterLab is as it was before a reload, with the panel in front. */
  async showAgain(): Promise<void> {
    await expect(this.page.locator('#jupyterlab-splash')).toHaveCount(0);
    await expect(this.page.locator('.jp-Launcher')).toBeVisible();
    await this.show();
  }

  /** Choose the panel in the side bar, if it is not in front already. */
  async show(): Promise<void> {
    const tab = this.page.getByRole('tab', { name: 'openEO artifacts' });
    await expect(tab).toBeVisible();
    if (!(await this.region.isVisible())) {
      await tab.click();
    }
    await expect(this.region).toBeVisible();
  }

  /** Move the panel to the other side of the window. */
  async switchSide(): Promise<void> {
    const tab = this.page.getByRole('tab', { name: 'openEO artifacts' });
    await tab.click({ button: 'right' });
    await this.page
      .getByRole('menuitem', { name: 'Switch Sidebar Side' })
      .click();
    await this.show();
  }

  /** Type the address of a backend that is not on the list; returns the line that answers. */
  async typeBackend(address: string): Promise<Locator> {
    await this.backend.selectOption('Other…');
    await this.region.getByLabel('Backend address').fill(address);
    return this.region.locator('form').getByRole('status');
  }

  /** Choose a backend by its address. */
  async useBackend(address: string): Promise<void> {
    await this.typeBackend(address);
    await this.button('Use this backend').click();
  }

  /** Ask to sign in and wait for the code. */
  async startSignIn(): Promise<Locator> {
    await this.button('Sign in').click();
    const asked = this.region.getByRole('region', { name: 'Signing in' });
    await expect(asked).toBeVisible();
    return asked;
  }

  /** Sign in as a person does: by the link, in a second tab. */
  async signIn(user: DemoUser): Promise<void> {
    await this.answerSignIn(await this.startSignIn(), user, 'Allow');
    await expect(this.button('Account')).toBeVisible();
  }

  /** Open the link of a sign-in in a second tab and answer there. */
  async answerSignIn(
    asked: Locator,
    user: DemoUser,
    answer: 'Allow' | 'Deny'
  ): Promise<void> {
    const opened = this.page.context().waitForEvent('page');
    await asked.getByRole('link').click();
    const tab = await opened;
    await new ApprovalPage(tab).answer(user, answer);
    await tab.close();
  }

  /** Copy the link of an artifact and return it from the clipboard. */
  async copyLink(name: string): Promise<string> {
    await this.artifact(name)
      .getByRole('button', { name: 'Copy link' })
      .click();
    await expect(this.said).toContainText('Link copied. It works until');
    return this.clipboard();
  }

  async clipboard(): Promise<string> {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** Insert an artifact by the menu. */
  async insert(name: string, entry: InsertEntry): Promise<void> {
    await this.artifact(name).getByRole('button', { name: 'Insert' }).click();
    await this.page.getByRole('menuitem', { name: entry }).click();
  }

  /** Answer the question how long a link should work. */
  async chooseLifetime(
    label: '1 hour' | '6 hours' | RegExp = /Longest/
  ): Promise<void> {
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel(label).check();
    await dialog.getByRole('button', { name: 'Insert' }).click();
  }
}
