import {
  act,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';

import { FakeServer, artifact } from '../../__tests__/fakeServer';
import { rowsIn } from '../../__tests__/rows';
import { CommandIDs } from '../../app';
import { ShownPanel, signIn } from './shownPanel';

// jsdom has no clipboard.
jest.mock('../../text/clipboard', () => ({
  copyText: (text: Promise<string>) => text.then(() => true)
}));

describe('the list of artifacts', () => {
  let server: FakeServer;
  let shown: ShownPanel;

  beforeEach(() => {
    server = new FakeServer();
  });

  afterEach(() => shown.dispose());

  async function show(): Promise<ShownPanel> {
    shown = await ShownPanel.of(server.transport());
    return shown;
  }

  /** The card of a row, which the focus brings; jsdom knows no focus by keyboard. */
  async function cardOf(row: HTMLElement): Promise<HTMLElement> {
    fireEvent.pointerOver(row);
    return screen.findByRole('tooltip');
  }

  it('says of an artifact that only its size was checked, and what that means', async () => {
    signIn(server);
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [
        artifact({ id: '1'.repeat(26), name: 'one', verified: 'size' }),
        artifact({ id: '2'.repeat(26), name: 'two' })
      ]
    };
    // jsdom has no top layer; a browser's refuses what is in it already
    const top = new Set<unknown>();
    const { matches } = HTMLElement.prototype;
    Object.assign(HTMLElement.prototype, {
      showPopover(this: HTMLElement) {
        expect(top.has(this)).toBe(false);
        top.add(this);
      },
      matches(this: HTMLElement, selector: string) {
        return selector === ':popover-open'
          ? top.has(this)
          : matches.call(this, selector);
      }
    });
    await show();
    const [one, two] = rowsIn(document);
    const card = await cardOf(one!);
    expect(card).toHaveTextContent('Content not checked (size matches)');
    expect(card).toHaveTextContent('jupyter openeo-artifacts verify');
    fireEvent.pointerOver(two!);
    await waitFor(() =>
      expect(screen.getByRole('tooltip')).not.toHaveTextContent('not checked')
    );
    expect(top.size).toBe(1);
    Object.assign(HTMLElement.prototype, { showPopover: undefined, matches });
  });

  it('has on a card all that is known, and no link', async () => {
    // Given
    signIn(server);
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [
        artifact({
          name: 'one',
          account: 'bob',
          origin: 'contents',
          link_until: '2026-01-01T00:00:00Z'
        })
      ]
    };
    await show();
    const [row] = rowsIn(document);
    // When
    const card = await cardOf(row!);
    // Then
    expect(row).toHaveAttribute('aria-describedby', card.id);
    for (const known of [
      '12 kB (12,345 bytes)',
      'from Jupyter’s files',
      'bob',
      'Example',
      's3://bucket/key/aoi.geojson',
      '0'.repeat(64),
      'the last link has expired'
    ]) {
      expect(card).toHaveTextContent(known);
    }
    expect(card).not.toHaveTextContent('http');
    // And Escape takes it away, and the row stays as it is
    fireEvent.keyDown(document.body, { key: 'Escape' });
    expect(screen.queryByRole('tooltip')).toBeNull();
    expect(row).not.toHaveAttribute('aria-describedby');
  });

  it('says until when the last link is valid, also after a reload', async () => {
    // Given
    signIn(server);
    const inTwoHours = new Date(Date.now() + 7_200_000).toISOString();
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [
        artifact({ id: '1'.repeat(26), name: 'one', link_until: inTwoHours }),
        artifact({ id: '3'.repeat(26), name: 'three' })
      ]
    };

    // When
    await show();

    // Then
    const [one, three] = rowsIn(document);
    expect(one).toHaveAccessibleName(
      /^one, 12 kB, staged .*, link valid until/
    );
    expect(three).toHaveAccessibleName(/^three, 12 kB, staged .* [\d:]+$/);
  });

  it('has a heading for each day, and other orders without', async () => {
    // Given
    signIn(server);
    const at = (name: string, day: string, size: number) =>
      artifact({
        id: day.repeat(13),
        name,
        staged_at: `2025-03-${day}T12:00:00Z`,
        size
      });
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [
        at('a2.tif', '14', 5),
        at('a10.zip', '12', 9),
        at('b.csv', '12', 7)
      ].map((each, index) => ({ ...each, id: String(index).repeat(26) }))
    };
    await show();
    const names = (): string[] =>
      rowsIn(document).map(row => row.querySelector('bdi')!.textContent!);
    const headings = (): string[] =>
      screen.queryAllByRole('heading', { level: 4 }).map(h4 => h4.textContent!);

    // Then
    expect(headings()).toEqual([
      'Friday, March 14, 2025',
      'Wednesday, March 12, 2025'
    ]);
    expect(names()).toEqual(['a2.tif', 'a10.zip', 'b.csv']);

    // When
    const order = screen.getByRole('combobox', { name: 'Sort by' });
    const sort = (by: string): boolean =>
      fireEvent.change(order, { target: { value: by } });
    sort('name');
    expect(names()).toEqual(['a2.tif', 'a10.zip', 'b.csv']);
    expect(headings()).toEqual([]);
    sort('size');
    expect(names()).toEqual(['a10.zip', 'b.csv', 'a2.tif']);
    sort('kind');
    expect(names()).toEqual(['a2.tif', 'b.csv', 'a10.zip']);
  });

  it.each([
    [true, 'Link copied. It works until'],
    [false, 'Link copied. Its file could not be checked; if it is there']
  ])('copies a link that was checked: %p', async (checked, said) => {
    // Given
    server.routes[`POST artifacts/${artifact().id}/sign`] = {
      url: 'https://s3.example/x',
      valid_until: '2026-11-22T23:10:00Z',
      checked
    };
    await show();

    // When
    await act(() => shown.inserter.copyLink(artifact()));

    // Then
    expect(await screen.findByText(new RegExp(`^${said}`))).toBeInTheDocument();
  });

  it('copies and inserts by button and by keyboard', async () => {
    // Given
    signIn(server);
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [
        artifact({ id: '1'.repeat(26), name: 'one' }),
        artifact({ id: '2'.repeat(26), name: 'two' })
      ]
    };
    await show();
    const [one, two] = rowsIn(document) as [HTMLElement, HTMLElement];

    // When
    fireEvent.click(
      within(one).getByRole('button', { name: 'Copy link to one' })
    );
    act(() => one.focus());
    fireEvent.keyDown(one, { key: 'ArrowDown' });
    expect(document.activeElement).toBe(two);
    expect([one.tabIndex, two.tabIndex]).toEqual([-1, 0]);
    fireEvent.keyDown(two, { key: 'Enter' });
    fireEvent.keyDown(two, { key: 'Delete' });

    // Then
    expect(shown.executed).toEqual([
      [CommandIDs.copyLink, { id: '1'.repeat(26) }],
      [CommandIDs.insert, { id: '2'.repeat(26) }],
      [CommandIDs.forgetArtifact, { id: '2'.repeat(26) }]
    ]);
  });

  it('filters artifacts by name', async () => {
    signIn(server);
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [
        artifact({ id: '1'.repeat(26), name: 'Fields.parquet' }),
        artifact({ id: '2'.repeat(26), name: 'model.onnx' })
      ]
    };
    await show();
    fireEvent.change(
      screen.getByRole('searchbox', { name: 'Filter artifacts' }),
      { target: { value: 'fields' } }
    );
    expect(rowsIn(document)).toHaveLength(1);
    expect(
      screen.getByRole('heading', { name: 'Artifacts (1 of 2)' })
    ).toBeVisible();
  });

  it('selects by mouse and keys, says how many, and acts on all of them', async () => {
    // Given four artifacts
    signIn(server);
    const ids = ['1', '2', '3', '4'].map(each => each.repeat(26));
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: ids.map(id => artifact({ id, name: `${id[0]}.tif` }))
    };
    await show();
    const rows = rowsIn(document);
    const chosen = (): string[] =>
      rowsIn(document)
        .filter(row => row.getAttribute('aria-selected') === 'true')
        .map(row => row.dataset.row![0]!);
    expect(screen.getByRole('grid')).toHaveAttribute('aria-multiselectable');

    // When / Then: by mouse
    fireEvent.click(rows[1]!);
    expect(chosen()).toEqual(['2']);
    fireEvent.click(rows[3]!, { shiftKey: true });
    expect(chosen()).toEqual(['2', '3', '4']);
    fireEvent.click(rows[2]!, { ctrlKey: true });
    expect(chosen()).toEqual(['2', '4']);
    expect(
      screen.getByText('2 selected', { selector: '[aria-live]' })
    ).toBeInTheDocument();

    // By keys
    const key = (name: string, more = {}): boolean =>
      fireEvent.keyDown(document.activeElement!, { key: name, ...more });
    act(() => rows[0]!.focus());
    key('Escape');
    expect(chosen()).toEqual([]);
    key('ArrowDown', { shiftKey: true });
    key('ArrowDown', { shiftKey: true });
    expect(chosen()).toEqual(['1', '2', '3']);
    key('ArrowUp', { shiftKey: true });
    expect(chosen()).toEqual(['1', '2']);
    key(' ');
    expect(chosen()).toEqual(['1']);
    key('a', { ctrlKey: true });
    expect(chosen()).toEqual(['1', '2', '3', '4']);

    // Then keys, the bar and the menu are for all
    key('Enter');
    key('Delete');
    const bar = screen.getByRole('group', { name: 'Selected artifacts' });
    fireEvent.click(within(bar).getByRole('button', { name: 'Insert' }));
    fireEvent.click(within(bar).getByRole('button', { name: 'Copy links' }));
    fireEvent.click((await screen.findAllByRole('menuitem'))[2]!);
    fireEvent.contextMenu(rows[1]!);
    expect(screen.getAllByRole('menuitem')).toHaveLength(5);
    expect(shown.executed).toEqual([
      [CommandIDs.insert, { ids }],
      [CommandIDs.forgetArtifact, { ids }],
      [CommandIDs.insert, { ids }],
      [CommandIDs.copyLinks, { ids, form: 'csv' }]
    ]);

    // And the focus has a place when the bar goes
    fireEvent.click(
      within(bar).getByRole('button', { name: 'Clear selection' })
    );
    expect(chosen()).toEqual([]);
    expect(document.activeElement).toHaveAttribute('data-row');
  });
});
