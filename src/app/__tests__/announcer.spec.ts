import { nullTranslator } from '@jupyterlab/translation';

import { upload, problem } from '../../__tests__/fakeServer';
import type { Upload } from '../../transport';
import { sayTogether } from '../Announcer';

const trans = nullTranslator.load('test');

const ends = (count: number, told: Partial<Upload>): Upload[] =>
  Array.from({ length: count }, (_, index) =>
    upload({ id: `${told.state} ${index}`, name: `${index}.bin`, ...told })
  );

describe('what is announced together', () => {
  it.each([
    [ends(2, { state: 'staged' }), '0.bin is staged. 1.bin is staged.'],
    [ends(20, { state: 'staged' }), '20 files staged.'],
    [
      [
        ...ends(20, { state: 'staged' }),
        ...ends(1, { state: 'failed', problem: problem() }),
        ...ends(9, { state: 'receiving', bytes_stored: 30 })
      ],
      '20 files staged. 0.bin failed: It did not work. Do it again.'
    ],
    [ends(1, { state: 'uploading' }), '0.bin: 50 %']
  ])('is said in few words: %#', (news, said) => {
    expect(sayTogether(news, [], trans)).toBe(said);
  });
});
