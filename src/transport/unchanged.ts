import { FileDigest } from './digest';

/** Where a file has the files that it was made of; a widget may have it from the panel's code. */
const PARTS = Symbol.for('jupyter-openeo-artifacts:parts');

/** Remember what a file was made of, so that {@link isUnchanged} looks at that. */
export function madeOf(file: Blob, parts: readonly Blob[]): void {
  Object.defineProperty(file, PARTS, { value: parts });
}

interface IMade extends Blob {
  readonly [PARTS]?: readonly Blob[];
}

/**
 * Whether a file can be read as it was when it was chosen.
 *
 * Browsers refuse to read a file that is gone, or whose size or time has changed since.
 */
export async function isUnchanged(file: Blob): Promise<boolean> {
  try {
    const { [PARTS]: parts = [file] } = file as IMade;
    for (const each of parts) {
      await each.slice(0, 1).arrayBuffer();
    }
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
