import {
  act,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';

import {
  FakeServer,
  artifact,
  upload,
  problem
} from '../../__tests__/fakeServer';
import { HandSender } from '../../__tests__/handSender';
import { called } from '../../__tests__/rows';
import { CommandIDs } from '../../app';
import { APIError } from '../../transport';
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
    const sent: HandSender[] = [];
    shown = await ShownPanel.of(
      server.transport(options => {
        sent.push(new HandSender(options));
        return sent.at(-1)!;
      })
    );
    const { region } = shown;
    expect(region).not.toHaveTextContent('left');
    await act(() => jest.advanceTimersByTimeAsync(11_000));
    expect(region).toHaveTextContent(
      'Drop fields.gpkg again to go on (1 B of 3 B there)'
    );
    expect(region).not.toHaveTextContent('left');
    const input = within(region).getByLabelText('The file of fields.gpkg');
    // When another file is chosen
    for (const file of [
      new File(['abc'], 'other.gpkg'),
      new File(['abcd'], 'fields.gpkg')
    ]) {
      fireEvent.change(input, { target: { files: [file] } });
      // Then it is said, and the row stays
      await act(() => jest.advanceTimersByTimeAsync(1));
      expect(region).toHaveTextContent(
        `This is “${file.name}” (${file.size} B); “fields.gpkg” (3 B) is awaited.`
      );
    }
    // And it may be staged by itself
    expect(sent).toHaveLength(0);
    fireEvent.click(within(region).getByText('Stage as new'));
    expect(sent.map(({ options }) => options.upload)).toEqual([undefined]);
    expect(region).not.toHaveTextContent('is awaited');
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
    await waitFor(
      () =>
        expect(screen.getByRole('log')).toHaveTextContent('a.bin is staged.'),
      { timeout: 30_000 }
    );
  });

  it('offers to try a failed upload again, with why it failed', async () => {
    signIn(server);
    server.routes['GET uploads'] = {
      uploads: [
        upload({ state: 'failed', problem: problem(), can_retry: true })
      ]
    };
    await show();
    const row = screen.getByRole('row', { name: called('a.bin') });
    expect(row).toHaveTextContent('It did not work. Do it again.');
    fireEvent.click(
      within(row).getByRole('button', { name: 'Try a.bin again' })
    );
    expect(shown.executed).toEqual([
      [CommandIDs.retryUpload, { id: upload().id }]
    ]);
  });

  it.each([
    ['two\nlines.txt', 'two_lines.txt'],
    ['\u2028sep\u0000.txt', '_sep_.txt']
  ])(
    'offers to stage %j under a name that can be stored',
    async (name, other) => {
      // Given
      signIn(server);
      const sent: HandSender[] = [];
      shown = await ShownPanel.of(
        server.transport(options => {
          sent.push(new HandSender(options));
          return sent.at(-1)!;
        })
      );
      const code = 'name_invalid';
      const file = new File(['xyz'], name, { type: 'a/b', lastModified: 1000 });
      act(() => shown.model.uploads.stageFiles([file]));
      sent[0]?.fail(new APIError(400, 'no', problem({ code })));
      // When
      const button = await screen.findByRole('button', {
        name: `Stage as “${other}”`
      });
      expect(screen.queryByRole('button', { name: /^Try / })).toBeNull();
      fireEvent.click(button);
      // Then: the same bytes, by that name
      expect(sent[1]?.options.file).toMatchObject({
        name: other,
        size: 3,
        type: 'a/b',
        lastModified: 1000
      });
    }
  );

  it('offers nothing for a name that no other is like', async () => {
    signIn(server);
    const sent: HandSender[] = [];
    shown = await ShownPanel.of(
      server.transport(options => {
        sent.push(new HandSender(options));
        return sent.at(-1)!;
      })
    );
    act(() => shown.model.uploads.stageFiles([new File(['x'], 'long')]));
    sent[0]?.fail(new APIError(400, 'no', problem({ code: 'name_invalid' })));
    const row = await screen.findByRole('row', { name: called('long') });
    await waitFor(() => expect(row).toHaveTextContent('It did not work.'));
    expect(within(row).getAllByRole('button')).toHaveLength(1);
  });

  it('says of what is tried again while all is paused that it waits for that', async () => {
    // Given a file that was refused, and all others paused
    signIn(server);
    const sent: HandSender[] = [];
    shown = await ShownPanel.of(
      server.transport(options => {
        sent.push(new HandSender(options));
        return sent.at(-1)!;
      })
    );
    const { model } = shown;
    act(() =>
      model.uploads.stageFiles([new File(['x'], 'a'), new File(['x'], 'b')])
    );
    sent[0]?.fail(new APIError(503, 'no', problem()));
    const again = await screen.findByRole('button', { name: 'Try a again' });
    act(() => model.all.pause());
    // When
    fireEvent.click(again);
    // Then
    const row = (): HTMLElement =>
      screen.getByRole('row', { name: called('a') });
    await waitFor(() =>
      expect(row()).toHaveTextContent('Waiting until all is resumed')
    );
    act(() => model.all.resume());
    await waitFor(() => expect(row()).not.toHaveTextContent('is resumed'));
    expect(sent).toHaveLength(3);
  });

  it('draws no row anew that leaves those which wait', async () => {
    // Given six files that wait, shown one by one, beside two that are sent
    signIn(server);
    await show();
    const files = [0, 1, 2, 3, 4, 5, 6, 7].map(
      number => new File(['x'], `tile-${number}`)
    );
    act(() => shown.model.uploads.stageFiles(files));
    fireEvent.click(await screen.findByRole('button', { name: '6 waiting' }));
    const row = await screen.findByRole('row', { name: called('tile-5') });
    // When one of them is taken back, so that few are left
    const { key } = shown.model.snapshot.queuedFiles.find(
      ({ name }) => name === 'tile-7'
    )!;
    act(() => shown.model.sender.dismiss(key));
    await waitFor(() =>
      expect(screen.queryByRole('button', { name: /waiting/ })).toBeNull()
    );
    // Then
    expect(screen.getByRole('row', { name: called('tile-5') })).toBe(row);
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
      expect(screen.getByRole('row')).toHaveTextContent('Cancelled');
      act(() => {
        jest.advanceTimersByTime(5001);
      });
      expect(screen.queryByRole('row')).toBeNull();
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
    const row = screen.getByRole('row', { name: called('a.shp') });
    expect(row).toHaveTextContent(advice);
    await waitFor(
      () =>
        expect(screen.getByRole('log')).toHaveTextContent(
          `a.shp is staged. ${advice}`
        ),
      { timeout: 30_000 }
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
    expect(screen.queryByRole('row', { name: called('a.bin') })).toBeNull();
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
      const row = screen.getByRole('row', { name: called('a.bin') });
      expect(row).toHaveTextContent(words);
      await act(() => jest.advanceTimersByTimeAsync(1000));
      expect(screen.getByRole('log')).toHaveTextContent(/^a\.bin: Already in/);
      expect(
        within(row).getByRole('button', { name: 'Dismiss a.bin' })
      ).toBeVisible();
      act(() => {
        jest.advanceTimersByTime(15_001);
      });
      expect(screen.queryByRole('row', { name: called('a.bin') })).toBeNull();
    } finally {
      jest.useRealTimers();
    }
  });
});
