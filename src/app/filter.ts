import type { Artifact } from '../transport';
import { KINDS, extensionOf, kindOf } from './kinds';
import type { ITranslator } from '../text/translator';

/** The orders that a list can have. */
export const ORDERS = ['time', 'name', 'size', 'kind'] as const;

export type Order = (typeof ORDERS)[number];

/** Seconds of the units that an age is written in. */
const UNITS: Readonly<Record<string, number>> = {
  h: 3600,
  d: 86_400,
  w: 604_800
};

/** What a list is narrowed to. */
export interface IFilter {
  readonly matches: (artifact: Artifact) => boolean;
  /** What is wrong with a word of it, in a sentence; that word is left out. */
  readonly wrong: string | null;
}

/** What words are held against. */
export interface IFiltered {
  readonly artifacts: readonly Artifact[];
  readonly now: Date;
  /** What the backend of an address is called. */
  readonly titleOf: (backend: string) => string;
}

/**
 * Read what was typed: text that is in a name, and words such as `kind:raster`, `older:7d`,
 * `backend:example`. All of them have to fit.
 */
export function readFilter(
  typed: string,
  filtered: IFiltered,
  trans: ITranslator
): IFilter {
  const tests: IFilter['matches'][] = [];
  let wrong: string | null = null;
  for (const word of typed.trim().toLocaleLowerCase().split(/\s+/)) {
    const [, key = '', value = ''] =
      /^(kind|older|backend):(.*)$/.exec(word) ?? [];
    const test =
      key === ''
        ? ({ name }: Artifact) => name.toLocaleLowerCase().includes(word)
        : testOf(key, value, filtered);
    if (test) {
      tests.push(test);
    } else {
      wrong ??= describeWrong(key, value, trans);
    }
  }
  return {
    matches: artifact => tests.every(test => test(artifact)),
    wrong
  };
}

function testOf(
  key: string,
  value: string,
  { artifacts, now, titleOf }: IFiltered
): IFilter['matches'] | null {
  switch (key) {
    case 'kind': {
      const known =
        KINDS.some(kind => kind === value) ||
        artifacts.some(({ name }) => extensionOf(name) === value);
      return known && value !== ''
        ? ({ name, content_type }) =>
            kindOf(name, content_type) === value || extensionOf(name) === value
        : null;
    }
    case 'older': {
      const [, count, unit] = /^(\d{1,5})([hdw])$/.exec(value) ?? [];
      const age = Number(count) * UNITS[unit ?? '']! * 1000;
      return unit === undefined
        ? null
        : ({ staged_at }) => now.getTime() - Date.parse(staged_at) > age;
    }
    default:
      return value === ''
        ? null
        : ({ backend }) =>
            `${backend} ${titleOf(backend)}`
              .toLocaleLowerCase()
              .includes(value);
  }
}

function describeWrong(key: string, value: string, trans: ITranslator): string {
  switch (key) {
    case 'kind':
      return trans.__(
        '“kind:%1” is left out: it takes %2, or the extension of a file on the list.',
        value,
        KINDS.join(', ')
      );
    case 'older':
      return trans.__(
        '“older:%1” is left out: it takes hours, days or weeks, as in older:12h, older:7d, older:2w.',
        value
      );
    default:
      return trans.__(
        '“backend:” is left out: it takes a part of a backend’s name or address.'
      );
  }
}

/** Artifacts in an order; they come newest first. */
export function sorted(
  artifacts: readonly Artifact[],
  order: Order
): readonly Artifact[] {
  if (order === 'time') {
    return artifacts;
  }
  const names = new Intl.Collator(undefined, { numeric: true });
  const kinds = new Map(
    order === 'kind'
      ? artifacts.map(each => [
          each.id,
          KINDS.indexOf(kindOf(each.name, each.content_type))
        ])
      : []
  );
  const placeOf = ({ id, size }: Artifact): number =>
    order === 'size' ? -size : (kinds.get(id) ?? 0);
  return [...artifacts].sort(
    (one, other) =>
      placeOf(one) - placeOf(other) || names.compare(one.name, other.name)
  );
}
