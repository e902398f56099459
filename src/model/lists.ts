/** Anything on a list that an id tells apart. */
interface IListed {
  readonly id: string;
}

/**
 * A list that was read again, with the objects of the one before wherever nothing has changed in
 * them: what is drawn from an object that stays needs not be drawn again.
 */
export function keepUnchanged<T extends IListed>(
  before: readonly T[],
  now: readonly T[]
): readonly T[] {
  const known = new Map(before.map(item => [item.id, item]));
  const kept = now.map(item => {
    const old = known.get(item.id);
    return old && JSON.stringify(old) === JSON.stringify(item) ? old : item;
  });
  const same =
    kept.length > 0 &&
    kept.length === before.length &&
    kept.every((item, index) => item === before[index]);
  return same ? before : Object.freeze(kept);
}

/** What of a list is other than it was: those that came or changed, and the ids of those that went. */
export interface IDelta<T> {
  readonly changed: readonly T[];
  readonly removed: readonly string[];
}

/** A list, newest first as its ids are, after what has changed in it. */
export function withDelta<T extends IListed>(
  before: readonly T[],
  { changed, removed }: IDelta<T>
): readonly T[] {
  if (changed.length === 0 && removed.length === 0) {
    return before;
  }
  const gone = new Set(removed);
  const news = new Map(changed.map(item => [item.id, item]));
  const kept = before
    .filter(({ id }) => !gone.has(id))
    .map(item => {
      const now = news.get(item.id) ?? item;
      news.delete(item.id);
      return now;
    });
  const all = [...news.values(), ...kept];
  if (news.size > 0) {
    all.sort((one, other) => (one.id < other.id ? 1 : -1));
  }
  return keepUnchanged(before, all);
}

/**
 * A list that was asked for at `asked` and is answered as `answer`, with what came and went here in
 * the meantime.
 */
export function mergeSince<T extends IListed>(
  asked: readonly T[],
  answer: readonly T[],
  now: readonly T[]
): readonly T[] {
  if (asked === now) {
    return answer;
  }
  const before = new Set(asked.map(({ id }) => id));
  const here = new Set(now.map(({ id }) => id));
  const answered = new Set(answer.map(({ id }) => id));
  return [
    ...now.filter(({ id }) => !before.has(id) && !answered.has(id)),
    ...answer.filter(({ id }) => here.has(id) || !before.has(id))
  ];
}

/** Backends of several lists, each address once: the first one counts. */
export function eachOnce<B extends { readonly url: string }>(
  all: readonly B[]
): readonly B[] {
  return Object.freeze(
    all.filter(({ url }, i) => all.findIndex(b => b.url === url) === i)
  );
}
