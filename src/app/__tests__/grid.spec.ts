import { destinationOf, rowNamed } from '../gridKeys';
import { type Place, offsetsOf, placesOf, rowAt } from '../window';

describe('the window of a list', () => {
  const offsets = offsetsOf([24, 28, 28, 60, 28]);

  it('knows where rows begin and which one is where', () => {
    expect(offsets).toEqual([0, 24, 52, 80, 140, 168]);
    expect(
      [-5, 0, 23, 24, 100, 139, 140, 999].map(y => rowAt(offsets, y))
    ).toEqual([0, 0, 0, 1, 3, 3, 4, 4]);
    expect(rowAt([0], 10)).toBe(0);
  });

  it.each<[string, number, number, number[], Place[]]>([
    ['all', -10, 500, [], [0, 1, 2, 3, 4].map(index => ({ index }))],
    [
      'the middle, and what is kept before and behind it',
      60,
      100,
      [0, 4],
      [
        { index: 0 },
        { gap: 28, before: 2 },
        { index: 2 },
        { index: 3 },
        { index: 4 }
      ]
    ],
    [
      'what is kept alone',
      500,
      900,
      [1],
      [{ gap: 24, before: 1 }, { index: 1 }, { gap: 116, before: 5 }]
    ],
    ['nothing', -300, -10, [], [{ gap: 168, before: 5 }]]
  ])('draws %s', (_, top, bottom, kept, places) => {
    expect(placesOf(offsets, top, bottom, kept)).toEqual(places);
  });

  it('is as high as the whole list, whatever is drawn', () => {
    for (let top = -100; top < 300; top += 7) {
      const height = placesOf(offsets, top, top + 40, [2])
        .map(place =>
          'gap' in place
            ? place.gap
            : offsets[place.index + 1]! - offsets[place.index]!
        )
        .reduce((one, other) => one + other, 0);
      expect(height).toBe(168);
    }
  });
});

describe('the keys of a grid', () => {
  // Headings at 0 and 4
  const lines = ['', 'alpha', 'Beta', 'bravo', '', 'gamma'].map(name =>
    name === '' ? {} : { name }
  );
  const page = (from: number, pages: number): number =>
    Math.min(5, Math.max(0, from + 3 * pages));

  it.each([
    ['ArrowDown', 1, 2],
    ['ArrowDown', 3, 5],
    ['ArrowDown', 5, 5],
    ['ArrowUp', 5, 3],
    ['ArrowUp', 1, 1],
    ['PageDown', 1, 5],
    ['PageDown', 5, 5],
    ['PageUp', 5, 2],
    ['PageUp', 2, 1],
    ['Home', 5, 1],
    ['End', 1, 5],
    ['x', 1, null]
  ])('%s leads from %d to %p, past headings', (key, from, to) => {
    expect(destinationOf(key, from, lines, page)).toBe(to);
  });

  it.each([
    ['b', 1, 2],
    ['b', 2, 3],
    ['bb', 3, 2],
    ['br', 2, 3],
    ['be', 2, 2],
    ['GAM', 1, 5],
    ['z', 1, null]
  ])('what is typed, %s, leads from %d to %p', (typed, from, to) => {
    expect(rowNamed(lines, from, typed)).toBe(to);
  });
});
