import { nullTranslator } from '@jupyterlab/translation';

import { artifact } from '../../__tests__/fakeServer';
import { dialogs } from '../../lab/dialogs';
import type { ArtifactsModel } from '../../model';
import type { ICellText, IPlace, InsertionPoint } from '../cell';
import { Inserter } from '../inserter';

const trans = nullTranslator.load('test');

describe('Inserter', () => {
  it.each<[string, IPlace | null, string[]]>([
    ['into a cell', { where: 'in', cell: 2 }, ['Inserted in cell 2.']],
    ['below one', { where: 'below', cell: 3 }, ['Inserted below cell 3.']],
    ['nowhere', null, []]
  ])('says where text has gone: %s', async (_, place, said) => {
    // Given a notebook
    const texts: ICellText[] = [];
    const point = {
      notebook: { content: {} },
      readOnly: false,
      cellType: 'markdown',
      insert: (text: ICellText) => {
        texts.push(text);
        return place;
      }
    };
    const heard: string[] = [];
    const notices = { say: (text: string) => heard.push(text), fail: fail };
    const inserter = new Inserter(
      { notices } as unknown as ArtifactsModel,
      point as unknown as InsertionPoint,
      dialogs,
      trans
    );

    // When
    await inserter.insert(artifact(), 'uri');

    // Then
    expect(texts).toHaveLength(1);
    expect(heard).toEqual(said);
  });
});

function fail(text: string): void {
  throw new Error(text);
}
