import { expect, Page } from '@playwright/test';

/** Shown on the demo provider's own sign-in page. */
const PASSWORDS = { alice: 'wonderland', bob: 'builder' } as const;

export type DemoUser = keyof typeof PASSWORDS;

/** The provider's page where a person signs in and answers a program's request. */
export class ApprovalPage {
  constructor(private readonly _page: Page) {}

  async answer(user: DemoUser, answer: 'Allow' | 'Deny'): Promise<void> {
    const name = this._page.getByLabel('User name', { exact: true });
    const decision = this._page.getByRole('button', { name: answer });
    await expect(name.or(decision)).toBeVisible();
    if (await name.isVisible()) {
      await name.fill(user);
      await this._page.getByLabel('Password').fill(PASSWORDS[user]);
      await this._page.getByRole('button', { name: 'Sign in' }).click();
    }
    await decision.click();
    await expect(
      this._page.getByRole('heading', {
        name: answer === 'Allow' ? 'You are signed in' : 'Access denied'
      })
    ).toBeVisible();
  }
}
