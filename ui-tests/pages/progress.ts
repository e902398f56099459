import { Page } from '@playwright/test';

declare global {
  interface Window {
    /** What progress bars have shown, by their accessible name. */
    progressSeen?: Record<string, number[]>;
  }
}

/**
 * Write down what every progress bar of the page shows. Here a file is gone in a second or less:
 * asking now and then would miss it.
 */
export async function recordProgress(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Record<string, number[]> = (window.progressSeen = {});
    const look = (): void => {
      for (const bar of document.querySelectorAll('[role="progressbar"]')) {
        const name = bar.getAttribute('aria-label') ?? '';
        const value = bar.getAttribute('aria-valuenow');
        const values = (seen[name] ??= []);
        if (value !== null && values.at(-1) !== Number(value)) {
          values.push(Number(value));
        }
      }
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['aria-valuenow', 'aria-label']
    });
  });
}

/** What the progress bar of that name has shown since, in percent. */
export async function seenProgress(
  page: Page,
  name: string
): Promise<number[]> {
  return page.evaluate(wanted => window.progressSeen?.[wanted] ?? [], name);
}
