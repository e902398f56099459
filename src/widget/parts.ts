import { SHARED } from './shared';

/** Gives the script of a part. */
type Source = (name: string) => Promise<string>;

/** The kernels of this page; a part of this bundle is the same in each that knows it. */
const sources = new Set<Source>();
const loaded = new Map<string, Promise<unknown>>();

/** Ask here for parts, too; the returned function takes it back. */
export function offerParts(source: Source): () => void {
  sources.add(source);
  return () => void sources.delete(source);
}

/**
 * Load a part, once; where that fails, the next one who needs it tries again. The build puts it in
 * the place of `import()`.
 */
export function loadPart(name: string): Promise<unknown> {
  const there = loaded.get(name) ?? evaluate(name);
  loaded.set(name, there);
  there.catch(() => loaded.delete(name));
  return there;
}

async function evaluate(name: string): Promise<unknown> {
  const script = await Promise.any([...sources].map(source => source(name)));
  const url = URL.createObjectURL(
    new Blob([script], { type: 'text/javascript' })
  );
  try {
    const { default: make } = (await import(/* webpackIgnore: true */ url)) as {
      default: (shared: object) => unknown;
    };
    return make(SHARED);
  } finally {
    URL.revokeObjectURL(url);
  }
}
