/**
 * Copy a text that is still being fetched; returns whether it is in the clipboard. Throws what the
 * promise throws.
 *
 * Browsers let a page write to the clipboard only while a click is fresh. The asynchronous clipboard
 * takes the promise itself, within the click; where it is absent (plain http, older browsers) or
 * refuses, the text is copied the older way once it is there.
 *
 * The widget's page has it in its bundle too, so it needs nothing of JupyterLab.
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

/** Answer the browser's own copy event, so that the text never enters the page. */
function copyByEvent(text: string): boolean {
  let copied = false;
  const give = (event: ClipboardEvent): void => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
    copied = event.clipboardData !== null;
  };
  document.addEventListener('copy', give, { capture: true });
  try {
    document.execCommand('copy');
  } finally {
    document.removeEventListener('copy', give, { capture: true });
  }
  return copied;
}
