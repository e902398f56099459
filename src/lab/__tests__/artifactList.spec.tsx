import { act, fireEvent, screen, within } from '@testing-library/react';

import { FakeServer, artifact } from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import { ShownPanel, signIn } from './shownPanel';

// jsdom has no clipboard.
jest.mock('../../app/clipboard', () => ({
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

  it('says of an artifact that only its size was checked, and what that means', async () => {
    signIn(server);
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [
        artifact({ id: '1'.repeat(26), name: 'one', verified: 'size' }),
        artifact({ id: '2'.repeat(26), name: 'two' })
      ]
    };
    await show();
    const words = screen.getAllByText('Content not checked (size matches)');
    expect(words).toHaveLength(1);
    expect(words[0]).toHaveAttribute(
      'title',
      expect.stringContaining('jupyter openeo-artifacts verify')
    );
    expect(words[0]?.closest('li')).toHaveAttribute('aria-label', 'one');
  });

  it('says until when the last link is valid, also after a reload, and who staged what', async () => {
    // Given
    signIn(server);
    const inAnHour = new Date(Date.now() + 7_200_000).toISOString();
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [
        artifact({ id: '1'.repeat(26), name: 'one', link_until: inAnHour }),
        artifact({
          id: '2'.repeat(26),
          name: 'two',
          account: 'bob',
          link_until: '2026-01-01T00:00:00Z'
        }),
        artifact({ id: '3'.repeat(26), name: 'three' })
      ]
    };

    // When
    await show();

    // Then
    const [one, two, three] = screen.getAllByRole('listitem');
    expect(one).toHaveTextContent(/link valid until/);
    expect(one).not.toHaveTextContent(/staged by/);
    expect(two).toHaveTextContent('staged by bob');
    expect(two).toHaveTextContent('the last link has expired');
    expect(three).not.toHaveTextContent(/link valid|expired|staged by/);
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
    const [one, two] = screen.getAllByRole('listitem') as [
      HTMLElement,
      HTMLElement
    ];

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
    expect(screen.getAllByRole('listitem')).toHaveLength(1);
  });
});
