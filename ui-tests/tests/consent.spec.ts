import { Locator, Page } from '@playwright/test';

import { expect, test as base } from '../fixtures';
import { tabTo } from '../pages/keys';
import { PanelPage } from '../pages/panel';
import { OtherBackend } from '../servers/other-backend';

const test = base.extend<{ other: OtherBackend }>({
  other: async ({ provider }, use) => {
    const other = await OtherBackend.start(provider.backend);
    await use(other);
    await other.stop();
  }
});

interface IStatus {
  last_backend: string | null;
}

/** Enter an address that is not on the list, without a mouse. */
async function typeBackend(panel: PanelPage, address: string): Promise<void> {
  const { keyboard } = panel.page;
  await tabTo(panel.backend);
  await keyboard.press('End'); // "Other…", which opens the line for an address
  const line = panel.region.getByLabel('Backend address');
  await expect(line).toBeFocused();
  await keyboard.type(address);
  const use = panel.button('Use this backend');
  await expect(use).toBeEnabled();
  await tabTo(use);
  await keyboard.press('Enter');
}

async function press(button: Locator): Promise<void> {
  await tabTo(button);
  await button.page().keyboard.press('Enter');
}

/** Choose from the menu of the account, without a mouse. */
async function fromAccount(page: Page, panel: PanelPage, entry: string) {
  await press(panel.button('Account'));
  const item = page.getByRole('menuitem', { name: entry });
  await expect(item).toBeVisible();
  for (let presses = 0; presses < 10; presses += 1) {
    await page.keyboard.press('ArrowDown');
    if (await item.evaluate(each => each === document.activeElement)) {
      break;
    }
  }
  await page.keyboard.press('Enter');
}

test('a login goes to a backend that is not listed only after a yes, by keys', async ({
  page,
  lab,
  provider,
  panel,
  other
}) => {
  const host = (address: string): string => new URL(address).host;
  const last = async (): Promise<string | null> =>
    (await lab.api<IStatus>('GET', 'jupyter-openeo-artifacts/status'))
      .last_backend;
  const yes = panel.button('Use my login there');

  // Given somebody who is signed in at the listed backend
  await panel.open();
  await panel.signIn('alice');
  await expect.poll(last).toBe(provider.backend);

  // When the address of another one is typed
  await fromAccount(page, panel, 'Switch backend…');
  await typeBackend(panel, other.origin);

  // Then one question names everybody who would hear of the login, and nobody has
  const { issuer, s3 } = provider.addresses;
  for (const named of [issuer, other.origin, s3]) {
    await expect(panel.problem).toContainText(host(named));
  }
  await expect(panel.problem).toContainText('its STS ');
  expect(other.heard).toEqual([]);

  // When the answer is no
  await press(panel.button('Not now'));

  // Then nothing was sent and nothing is remembered
  await expect(panel.button('Sign in')).toBeVisible();
  await expect(panel.problem).toBeHidden();
  expect(other.heard).toEqual([]);
  expect(await last()).toBe(provider.backend);

  // When the page is loaded again, the address typed again, and the answer is yes
  await panel.open();
  await expect(panel.button('Account')).toBeVisible();
  await fromAccount(page, panel, 'Switch backend…');
  await typeBackend(panel, other.origin);
  await press(yes);

  // Then the login is used there
  await expect(panel.button('Account')).toBeVisible();
  await expect(panel.region).toContainText('Alice at');
  expect(other.heard).not.toEqual([]);
  await expect.poll(last).toBe(other.origin);

  // When that is taken back in the menu
  await fromAccount(page, panel, 'Where my login goes…');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(host(other.origin));
  await expect(dialog).toContainText('You have agreed to that.');
  await press(
    dialog.getByRole('button', { name: 'Do not use it here any more' })
  );

  // Then nobody is signed in there, and nothing is remembered
  await expect(panel.button('Sign in')).toBeVisible();
  await expect.poll(last).toBeNull();

  // And the panel asks nothing there when the page is loaded again
  const asked = other.asked.length;
  const heard = other.heard.length;
  await panel.open();
  await expect(panel.button('Account')).toBeVisible();
  await expect(panel.region).not.toContainText(host(other.origin));
  expect(other.asked).toHaveLength(asked);

  // When its address is typed once more
  await fromAccount(page, panel, 'Switch backend…');
  await typeBackend(panel, other.origin);

  // Then the question is asked again
  await expect(yes).toBeVisible();
  await expect(panel.problem).toContainText(host(other.origin));
  expect(other.heard).toHaveLength(heard);
});

test(
  'a backend without storage is asked about in plain words',
  { tag: '@slow' },
  async ({ page, panel, other }) => {
    // Given
    other.hasStorage = false;
    await panel.open();
    await panel.signIn('alice');
    // When
    await fromAccount(page, panel, 'Switch backend…');
    await typeBackend(panel, other.origin);
    // Then
    await expect(panel.problem).toContainText(
      `${new URL(other.origin).host}, which names no storage so far.`
    );
    expect(other.heard).toEqual([]);
  }
);
