/**
 * What the bundle uses of `@lumino/algorithm` and `@lumino/coreutils`, for signals and polls: of their
 * namespaces a bundler can leave nothing out, and they would be a tenth of it.
 */

/** The first value that a predicate is true for. */
export function find<T>(
  values: readonly T[],
  is: (value: T, index: number) => boolean
): T | undefined {
  return values.find(is);
}

export const ArrayExt = {
  /** Remove all values in place that a predicate is true for; returns how many they were. */
  removeAllWhere<T>(
    array: T[],
    is: (value: T, index: number) => boolean
  ): number {
    const kept = array.filter((value, index) => !is(value, index));
    const removed = array.length - kept.length;
    array.splice(0, array.length, ...kept);
    return removed;
  }
};

/** A promise that is settled from outside. */
export class PromiseDelegate<T> {
  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  readonly promise: Promise<T>;
  resolve!: (value: T | PromiseLike<T>) => void;
  reject!: (reason: unknown) => void;
}

export const JSONExt = {
  /** Whether two plain values are the same; their keys come in the same order here. */
  deepEqual: (one: unknown, other: unknown): boolean =>
    JSON.stringify(one) === JSON.stringify(other)
};

let made = 0;

export const UUID = {
  /** A key that no other row of the page has. */
  uuid4: (): string => `row-${(made += 1)}`
};
