import { Signal } from '@lumino/signaling';
import { act, fireEvent, screen } from '@testing-library/react';

import { FakeServer, artifact, upload } from '../../__tests__/fakeServer';
import { HandSender } from '../../__tests__/handSender';
import { called, rowsIn } from '../../__tests__/rows';
import * as names from '../../app/Name';
import type { PanelModel } from '../../model';
import { ShownPanel, nextFrame, signIn } from './shownPanel';

// Each drawing of a row draws its name once.
jest.mock('../../app/Name', () => {
  const actual: typeof names = jest.requireActual('../../app/Name');
  return { ...actual, Name: jest.fn(actual.Name) };
});

const ARTIFACTS = 5000;
const UPLOADS = 300;
const WAITING = 100;

const id = (letter: string, index: number): string =>
  letter + String(index).padStart(25, '0');

describe('5 000 artifacts and 300 uploads', () => {
  let model: PanelModel;
  let server: FakeServer;
  let shown: ShownPanel;
  let connects: jest.SpyInstance;
  const drawn = jest.mocked(names.Name);

  const staged = Array.from({ length: ARTIFACTS }, (_, index) =>
    artifact({ id: id('r', index), name: `row-${index}.tif` })
  );
  const uploads = Array.from({ length: UPLOADS }, (_, index) =>
    upload({ id: id('u', index), name: `up-${index}.tif`, origin: 'contents' })
  );

  beforeEach(async () => {
    server = new FakeServer();
    signIn(server);
    server.routes['GET artifacts'] = { artifacts: staged, next: null };
    server.routes['GET uploads'] = { uploads };
    connects = jest.spyOn(Signal.prototype, 'connect');
    shown = await ShownPanel.of(
      server.transport(options => new HandSender(options))
    );
    ({ model } = shown);
    await screen.findByText(`Artifacts (${ARTIFACTS})`);
  });

  afterEach(() => {
    connects.mockRestore();
    shown.dispose();
  });

  // By a role each element of the page is looked at, for seconds.
  const grid = (title: string): HTMLElement => {
    const heading = screen.getByText(title);
    return heading.closest('section')!.querySelector('[role="grid"]')!;
  };
  const key = (name: string): string | null => {
    fireEvent.keyDown(document.activeElement!, { key: name });
    return document.activeElement!.getAttribute('data-row');
  };

  it('are few elements, and as many signal connections as a short list has', async () => {
    // Given files that wait, shown one by one
    act(() =>
      model.uploads.stageFiles(
        Array.from({ length: WAITING }, (_, i) => new File(['x'], `w-${i}`))
      )
    );
    await nextFrame();
    const list = grid(`Uploading (${UPLOADS + WAITING})`);
    act(() => rowsIn(list)[0]!.focus());
    expect(key('End')).toBe('waiting');
    key('Enter');
    const long = connects.mock.calls.length;
    // Then
    expect(document.querySelectorAll('*').length).toBeLessThan(2000);
    expect(list).toHaveAttribute(
      'aria-rowcount',
      String(UPLOADS + WAITING + 1)
    );
    expect(grid(`Artifacts (${ARTIFACTS})`)).toHaveAttribute(
      'aria-rowcount',
      String(ARTIFACTS + 1)
    );
    // When a list of one is shown
    shown.dispose();
    connects.mockClear();
    server.routes['GET artifacts'] = { artifacts: [artifact()], next: null };
    server.routes['GET uploads'] = { uploads: [upload()] };
    shown = await ShownPanel.of(
      server.transport(options => new HandSender(options))
    );
    await screen.findByText('Artifacts (1)');
    // Then: but for those of the files that are sent
    expect(long - connects.mock.calls.length).toBeLessThan(20);
  });

  it('are drawn anew by no more than what an event tells of', async () => {
    const first = uploads[0]!;
    connects.mockClear();
    const drawnBy = async (event: () => unknown): Promise<string[]> => {
      drawn.mockClear();
      await act(async () => void (await event()));
      await nextFrame();
      return drawn.mock.calls.map(([{ text }]) => text);
    };
    // When an upload goes on
    const goes = await drawnBy(() =>
      model.uploads.put({ ...first, bytes_stored: 60 })
    );
    // Then
    expect(goes).toEqual(['up-0.tif']);
    expect(document.body).toHaveTextContent('60 %');
    // When it ends, the next one takes its place in the tab order, and one comes into sight
    server.routes['GET uploads'] = { uploads: uploads.slice(1) };
    const ends = await drawnBy(() =>
      model.uploads.put({ ...first, state: 'staged' })
    );
    expect(ends.length).toBeLessThanOrEqual(2);
    // When an artifact comes, it is the first in the tab order
    const fresh = artifact({ id: id('z', 0), name: 'fresh.tif' });
    server.routes['GET artifacts'] = {
      artifacts: [fresh, ...staged],
      next: null
    };
    const comes = await drawnBy(() => model.read(new Set(['artifacts'])));
    expect(comes.sort()).toEqual(['fresh.tif', 'row-0.tif']);
    expect(connects).not.toHaveBeenCalled();
  });

  it('are all reached by keys, and the focus stays in the list', () => {
    const list = grid(`Artifacts (${ARTIFACTS})`);
    act(() => rowsIn(list)[0]!.focus());
    expect(key('End')).toBe(id('r', ARTIFACTS - 1));
    expect(key('ArrowUp')).toBe(id('r', ARTIFACTS - 2));
    expect(key('Home')).toBe(id('r', 0));
    expect(Number(key('PageDown')!.slice(1))).toBeGreaterThan(5);
    expect(key('PageUp')).toBe(id('r', 0));
    for (const letter of 'row-4711') {
      key(letter);
    }
    expect(document.activeElement).toHaveAccessibleName(called('row-4711.tif'));
    expect(rowsIn(list).length).toBeLessThan(80);
    // The row in the tab order is there, too
    expect(list.querySelectorAll('[tabindex="0"][data-row]')).toHaveLength(1);
  });
});
