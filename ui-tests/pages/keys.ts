import { Locator } from '@playwright/test';

/** Press Tab until an element has the focus, as somebody without a mouse does. */
export async function tabTo(target: Locator): Promise<void> {
  const { keyboard } = target.page();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate(node => node === document.activeElement)) {
      return;
    }
    await keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${target}`);
}
