/**
 * What the bundle uses of `@lumino/coreutils`: of its namespaces a bundler can leave nothing out, and
 * they would be a tenth of it.
 */

let made = 0;

export const UUID = {
  /** A key that no other row of the page has. */
  uuid4: (): string => `row-${(made += 1)}`
};
