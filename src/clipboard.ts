import { Clipboard } from '@jupyterlab/apputils';

/**
 * Copy a text that is still being fetched.
 *
 * Browsers let a page write to the clipboard only while a click is fresh. The asynchronous clipboard
 * takes the promise itself, within the click; where it is absent (plain http, older browsers) or
 * refuses, the text is copied the older way once it is there.
 *
 * Returns whether the text is in the clipboard; if not, the caller must show it. Throws what the
 * promise throws.
 */
export async function copyText(text: Promise<string>): Promise<boolean> {
  if (await copyPromise(text)) {
    return true;
  }
  return copyByEvent(await text);
}

async function copyPromise(text: Promise<string>): Promise<boolean> {
  if (
    typeof ClipboardItem === 'undefined' ||
    typeof navigator.clipboard?.write !== 'function'
  ) {
    return false;
  }
  const blob = text.then(value => new Blob([value], { type: 'text/plain' }));
  // The clipboard may refuse before it looks at the promise; then nobody else would catch it.
  blob.catch(() => undefined);
  try {
    await navigator.clipboard.write([
      new ClipboardItem({ 'text/plain': blob })
    ]);
    return true;
  } catch {
    return false;
  }
}

function copyByEvent(text: string): boolean {
  let copied = false;
  const watch = (): void => {
    copied = true;
  };
  document.addEventListener('copy', watch, { capture: true, once: true });
  try {
    Clipboard.copyToSystem(text);
  } finally {
    document.removeEventListener('copy', watch, { capture: true });
  }
  if (!copied && typeof ClipboardEvent !== 'undefined') {
    // Refused. JupyterLab's listener still waits to put our text into whatever is copied next:
    // let it do so on an event that leads nowhere.
    document.body.dispatchEvent(
      new ClipboardEvent('copy', { clipboardData: new DataTransfer() })
    );
  }
  return copied;
}
