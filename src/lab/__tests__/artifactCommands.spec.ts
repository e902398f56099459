import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';

import { artifact, connection } from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import { Inserter, type InsertionPoint } from '../../insert';
import type { PanelModel } from '../../model';
import type { Storage } from '../../transport';
import { addArtifactCommands } from '../artifactCommands';
import { dialogs } from '../dialogs';
import { type IPanelOptions, LabHost } from '../host';

const trans = nullTranslator.load('test');

/** What the menu of an artifact offers to insert. */
function entries(
  point: { cellType: string; language: string },
  s3_uri: Storage['s3_uri'] = null,
  kind: 'reference' | 'uri' = 'reference'
): string[] {
  const storage: Storage = { state: 'ready', provider: 's3', s3_uri };
  const session = {
    state: 'signed_in',
    connection: connection({ storage })
  };
  const model = {
    snapshot: { session },
    artifact: () => artifact()
  } as unknown as PanelModel;
  const inserter = new Inserter(
    model,
    {
      look: (language: string) => ({ language }),
      ...point
    } as unknown as InsertionPoint,
    dialogs,
    trans
  );
  inserter.preferences = { kind, lifetime: 'longest' };
  const commands = new CommandRegistry();
  addArtifactCommands(commands, { model, inserter } as never, trans);
  const host = new LabHost({
    model,
    inserter,
    commands,
    trans
  } as unknown as IPanelOptions);
  return host
    .rowMenu(artifact().id)
    .flatMap(entry =>
      entry !== 'separator' &&
      'command' in entry &&
      entry.command === CommandIDs.insert
        ? [host.label(entry.command, entry.args)]
        : []
    );
}

const CODE = 'Insert code (makes a link when run)';
const UNKNOWN = 'Insert s3:// address (unknown if jobs can read it)';
const LINK = 'Insert link… (stays in the notebook)';

describe('the entries that insert', () => {
  it('offers code where Python runs, the setting first', () => {
    const python = { cellType: 'code', language: 'python' };
    expect(entries(python)).toEqual([CODE, UNKNOWN, LINK]);
    expect(entries(python, null, 'uri')).toEqual([UNKNOWN, CODE, LINK]);
  });

  it.each([
    ['markdown', 'python'],
    ['raw', 'python'],
    ['code', 'r']
  ])('says what it is in a %s cell of %s: a link', (cellType, language) => {
    expect(entries({ cellType, language })).toEqual([LINK, UNKNOWN]);
  });

  it.each([
    [true, 'Insert s3:// address (jobs here can read it)'],
    [false, 'Insert s3:// address (jobs here cannot read it)']
  ])('says whether jobs read the address: %s', (isRead, label) => {
    const python = { cellType: 'code', language: 'python' };
    expect(entries(python, isRead)).toContain(label);
  });
});
