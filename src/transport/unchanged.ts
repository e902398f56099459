import { FileDigest } from './digest';

/**
 * Whether a file can be read as it was when it was chosen.
 *
 * Browsers refuse to read a file that is gone, or whose size or time has changed since.
 */
export async function isUnchanged(file: Blob): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** What the other side is told of a file after its last byte. */
export async function lookAgain(
  file: File
): Promise<{ unchanged: true; digest: string } | { unchanged: false }> {
  try {
    const digest = await FileDigest.of(file).upTo(file.size);
    return (await isUnchanged(file))
      ? { unchanged: true, digest }
      : { unchanged: false };
  } catch {
    return { unchanged: false };
  }
}
