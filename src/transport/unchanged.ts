/**
 * Whether a file is still as it was when it was chosen.
 *
 * Browsers refuse to read a file whose size or time has changed since. One that is gone was not
 * written to as far as can be told, and what was read of it before is whole.
 */
export async function isUnchanged(file: Blob): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch (error) {
    return error instanceof Error && error.name === 'NotFoundError';
  }
}
