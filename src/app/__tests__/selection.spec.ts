import { NOTHING, extend, selectOne, toggle } from '../selection';

const IDS = ['a', 'b', 'c', 'd', 'e'];

it('is a range from where it began, in both directions', () => {
  const begun = selectOne('c');
  const down = extend(IDS, begun, 'c', 'e');
  expect([...down.chosen]).toEqual(['c', 'd', 'e']);
  const up = extend(IDS, down, 'e', 'a');
  expect([...up.chosen]).toEqual(['a', 'b', 'c']);
  expect(up.anchor).toBe('c');
});

it('begins where the focus is, if nothing is selected or what was is gone', () => {
  expect([...extend(IDS, NOTHING, 'b', 'c').chosen]).toEqual(['b', 'c']);
  expect([...extend(IDS, selectOne('gone'), 'b', 'c').chosen]).toEqual([
    'b',
    'c'
  ]);
});

it('takes one more, and takes it back', () => {
  const both = toggle(selectOne('a'), 'd');
  expect([...both.chosen]).toEqual(['a', 'd']);
  expect([...toggle(both, 'a').chosen]).toEqual(['d']);
});
