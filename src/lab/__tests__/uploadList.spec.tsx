import { act, fireEvent, screen, within } from '@testing-library/react';

import {
  FakeServer,
  artifact,
  upload,
  problem
} from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import { ShownPanel, nextFrame, signIn } from './shownPanel';

describe('the list of uploads', () => {
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

  it('takes no other file for the one that a row waits for', async () => {
    // Given an upload whose page is gone
    jest.useFakeTimers({ advanceTimers: true });
    signIn(server);
    const half = upload({
      name: 'fields.gpkg',
      size: 3,
      state: 'receiving',
      bytes_received: 1
    });
    server.routes['GET uploads'] = { uploads: [half] };
    const { region } = await show();
    await act(() => jest.advanceTimersByTimeAsync(11_000));
    const input = within(region).getByLabelText('The file of fields.gpkg');
    // When another file is chosen
    for (const file of [
      new File(['abc'], 'other.gpkg'),
      new File(['abcd'], 'fields.gpkg')
    ]) {
      fireEvent.change(input, { target: { files: [file] } });
      // Then it is said, and the row stays
      expect(region).toHaveTextContent(
        'is not the file that this row waits for. Choose “fields.gpkg” (3 B)'
      );
      expect(
        server.requests.some(({ route }) => route.startsWith('DELETE'))
      ).toBe(false);
    }
    jest.useRealTimers();
  });

  it('shows an upload with its progress, for eye and ear', async () => {
    signIn(server);
    server.routes['GET uploads'] = {
      uploads: [upload({ origin: 'contents', bytes_stored: 64 })]
    };
    await show();
    const bar = screen.getByRole('progressbar', { name: 'a.bin' });
    expect(bar).toHaveAttribute('aria-valuenow', '64');
    expect(bar).toHaveAttribute('aria-valuetext', '64 %, 12.4 MB/s');
    fireEvent.click(screen.getByRole('button', { name: 'Cancel a.bin' }));
    expect(shown.executed).toEqual([
      [CommandIDs.cancelUpload, { id: upload().id }]
    ]);

    server.routes['GET uploads'] = { uploads: [upload({ state: 'staged' })] };
    await act(() => shown.model.refresh());
    await nextFrame();
    expect(screen.getByRole('log')).toHaveTextContent('a.bin is staged.');
  });

  it('offers to try a failed upload again, with why it failed', async () => {
    signIn(server);
    server.routes['GET uploads'] = {
      uploads: [
        upload({ state: 'failed', problem: problem(), can_retry: true })
      ]
    };
    await show();
    const row = screen.getByRole('listitem', { name: 'a.bin' });
    expect(row).toHaveTextContent('It did not work. Do it again.');
    fireEvent.click(
      within(row).getByRole('button', { name: 'Try a.bin again' })
    );
    expect(shown.executed).toEqual([
      [CommandIDs.retryUpload, { id: upload().id }]
    ]);
  });

  it('keeps a cancelled row for a moment only', async () => {
    signIn(server);
    server.routes['GET uploads'] = { uploads: [upload()] };
    await show();
    await nextFrame();
    jest.useFakeTimers();
    try {
      server.routes['GET uploads'] = {
        uploads: [upload({ state: 'cancelled' })]
      };
      await act(() => shown.model.read(new Set(['uploads'])));
      expect(screen.getByRole('listitem')).toHaveTextContent('Cancelled');
      act(() => {
        jest.advanceTimersByTime(5001);
      });
      expect(screen.queryByRole('listitem')).toBeNull();
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps what readers of a file will trip over until it is dismissed', async () => {
    // Given
    signIn(server);
    server.routes['GET uploads'] = { uploads: [upload({ name: 'a.shp' })] };
    await show();
    // When
    const advice = "'a.shp' is one of the files of a shapefile.";
    server.routes['GET uploads'] = {
      uploads: [upload({ name: 'a.shp', state: 'staged', advice })]
    };
    await act(() => shown.model.read(new Set(['uploads'])));
    await nextFrame();
    // Then: for eye and ear
    const row = screen.getByRole('listitem', { name: 'a.shp' });
    expect(row).toHaveTextContent(advice);
    expect(screen.getByRole('log')).toHaveTextContent(
      `a.shp is staged. ${advice}`
    );
    fireEvent.click(within(row).getByRole('button', { name: 'Dismiss a.shp' }));
    expect(shown.executed).toEqual([
      [CommandIDs.forgetUpload, { id: upload().id }]
    ]);
  });

  it('says for eye and ear that a file was in storage already', async () => {
    // Given: one that was found before this page was opened
    signIn(server);
    const old = upload({ id: 'c'.repeat(26), state: 'staged', reused: true });
    server.routes['GET uploads'] = { uploads: [old] };
    server.routes['GET artifacts'] = { next: null, artifacts: [artifact()] };
    await show();
    expect(screen.queryByRole('listitem', { name: 'a.bin' })).toBeNull();
    expect(screen.getByRole('log')).toBeEmptyDOMElement();
    await nextFrame();
    jest.useFakeTimers();
    try {
      // When: it is over before the list is read for the first time
      const found = { reused: true, artifact: artifact().id };
      server.routes['GET uploads'] = {
        uploads: [upload({ state: 'staged', ...found }), old]
      };
      await act(() => shown.model.read(new Set(['uploads'])));
      // Then
      const words =
        /Already in storage: the same file was staged at .*; not uploaded again\./;
      const row = screen.getByRole('listitem', { name: 'a.bin' });
      expect(row).toHaveTextContent(words);
      expect(screen.getByRole('log')).toHaveTextContent(/^a\.bin: Already in/);
      expect(
        within(row).getByRole('button', { name: 'Dismiss a.bin' })
      ).toBeVisible();
      act(() => {
        jest.advanceTimersByTime(15_001);
      });
      expect(screen.queryByRole('listitem', { name: 'a.bin' })).toBeNull();
    } finally {
      jest.useRealTimers();
    }
  });
});
