import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import {
  act,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';

import {
  BACKEND,
  FakeServer,
  artifact,
  connection,
  upload,
  problem,
  refusal,
  status
} from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import { Intake } from '../../files';
import { Inserter, InsertionPoint } from '../../insert';
import { dialogs } from '../dialogs';
import { type PanelModel, makePanelModel } from '../../model';
import { ArtifactsPanel } from '../panel';

// jsdom has no clipboard.
jest.mock('../../app/clipboard', () => ({
  copyText: (text: Promise<string>) => text.then(() => true)
}));

const trans = nullTranslator.load('test');
const ID = connection().id;

/** Let what was gathered for the next frame be drawn, while frames still come by themselves. */
async function nextFrame(): Promise<void> {
  await act(
    () => new Promise<void>(done => requestAnimationFrame(() => done()))
  );
}

describe('ArtifactsPanel', () => {
  let server: FakeServer;
  let model: PanelModel;
  let panel: ArtifactsPanel;
  let executed: [string, unknown][];

  beforeEach(() => {
    server = new FakeServer();
    executed = [];
  });

  afterEach(() => {
    act(() => panel.dispose());
    model.dispose();
  });

  /** Show the panel, as its owner would see it after the first answer. */
  async function show(): Promise<HTMLElement> {
    const commands = new CommandRegistry();
    for (const id of Object.values(CommandIDs)) {
      commands.addCommand(id, {
        label: id,
        describedBy: { args: null },
        execute: args => {
          executed.push([id, args]);
        }
      });
    }
    model = makePanelModel(server.transport());
    const inserter = new Inserter(
      model,
      new InsertionPoint(null),
      dialogs,
      trans
    );
    const intake = new Intake(model, inserter, {} as never, trans);
    panel = new ArtifactsPanel({ model, inserter, intake, commands, trans });
    await act(async () => {
      Widget.attach(panel, document.body);
      await model.refresh();
    });
    // What changes within a frame is drawn at its end, and shuts the next one's gate.
    await nextFrame();
    await nextFrame();
    return screen.findByRole('region', { name: 'openEO artifacts' });
  }

  function choose(value: string): void {
    fireEvent.change(screen.getByRole('combobox', { name: 'Backend' }), {
      target: { value }
    });
  }

  function signedIn(): void {
    server.routes['GET connections'] = { connections: [connection()] };
    server.routes['GET status'] = status({ last_backend: BACKEND });
  }

  it('says what to type where the server extension is missing', async () => {
    delete server.routes['GET status'];
    await show();
    expect(screen.getByRole('alert')).toHaveTextContent(
      'The server side is not running. In a terminal: jupyter server extension enable jupyter_openeo_artifacts, then restart.'
    );
  });

  it('goes from "Sign in" to the code, and back with one sentence', async () => {
    // Given
    server.routes['POST connections'] = () => {
      const opened = connection({ state: 'signed_out' });
      server.routes['GET connections'] = { connections: [opened] };
      return opened;
    };
    const login = {
      state: 'pending',
      user_code: 'WDJB-MJHT',
      verification_uri: 'https://login.example/device',
      verification_uri_complete: 'javascript:alert(1)',
      expires_at: new Date(Date.now() + 272_500).toISOString(),
      problem: null
    };
    server.routes[`POST connections/${ID}/login`] = login;
    server.routes[`GET connections/${ID}/login`] = login;
    server.routes[`DELETE connections/${ID}/login`] = () => refusal(404);
    const region = await show();

    // When
    fireEvent.click(within(region).getByRole('button', { name: 'Sign in' }));

    // Then
    await screen.findByText('WDJB-MJHT');
    expect(screen.getByRole('link')).toHaveAttribute(
      'href',
      'https://login.example/device'
    );
    expect(screen.getByRole('timer')).toHaveTextContent(/4:3[12] left/);
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The sign-in was cancelled.'
    );
    expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
  });

  it('keeps the focus when what has it goes, as "Sign in" does', async () => {
    // Given
    server.routes['POST connections'] = () => {
      const opened = connection({ state: 'signed_out' });
      server.routes['GET connections'] = { connections: [opened] };
      return opened;
    };
    const login = {
      state: 'pending',
      user_code: 'WDJB-MJHT',
      verification_uri: 'https://login.example/device',
      verification_uri_complete: null,
      expires_at: new Date(Date.now() + 272_500).toISOString(),
      problem: null
    };
    server.routes[`POST connections/${ID}/login`] = login;
    server.routes[`GET connections/${ID}/login`] = login;
    await show();
    choose(BACKEND);
    const button = await screen.findByRole('button', { name: 'Sign in' });
    button.focus();
    // When
    fireEvent.click(button);
    await screen.findByText('WDJB-MJHT');
    // Then
    await waitFor(() => expect(panel.node).toHaveFocus());
  });

  it('shows why a backend cannot be used', async () => {
    await show();
    server.routes['POST connections'] = () =>
      refusal(502, { message: 'It is not openEO.', todo: 'Check it.' });
    choose('https://other.example');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'It is not openEO.Check it.'
    );
  });

  it('checks an address as it is typed', async () => {
    // Given
    await show();
    choose('other');
    server.routes['POST backends/check'] = {
      backend: 'https://mine.example',
      title: 'Mine',
      storage: { state: 'ready', provider: 's3' },
      problem: null
    };
    server.routes['POST connections'] = connection({ state: 'signed_out' });

    // When
    for (const value of ['m', 'mine', 'mine.example']) {
      fireEvent.change(
        screen.getByRole('textbox', { name: 'Backend address' }),
        { target: { value } }
      );
    }
    const use = screen.getByRole('button', { name: 'Use this backend' });
    await waitFor(() => expect(use).toBeEnabled());
    fireEvent.click(use);

    // Then
    expect(
      server.requests.filter(({ route }) => route === 'POST backends/check')
    ).toEqual([
      { route: 'POST backends/check', body: { backend: 'mine.example' } }
    ]);
    await waitFor(() =>
      expect(
        server.requests.find(({ route }) => route === 'POST connections')?.body
      ).toEqual({ backend: 'https://mine.example' })
    );
  });

  it('takes no other file for the one that a row waits for', async () => {
    // Given an upload whose page is gone
    jest.useFakeTimers({ advanceTimers: true });
    signedIn();
    const half = upload({
      name: 'fields.gpkg',
      size: 3,
      state: 'receiving',
      bytes_received: 1
    });
    server.routes['GET uploads'] = { uploads: [half] };
    const region = await show();
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

  it('shows names as text, whatever they are', async () => {
    signedIn();
    const name = '<img src=x onerror="alert(1)">\n😀.tif';
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [artifact({ name })]
    };
    server.routes['GET uploads'] = { uploads: [upload({ name })] };
    const region = await show();
    expect(region.querySelector('img')).toBeNull();
    for (const item of within(region).getAllByRole('listitem')) {
      expect(item).toHaveAttribute('aria-label', name);
      expect(item.querySelector('bdi')?.textContent).toBe(
        name.replace('\n', '\\u000a')
      );
    }
  });

  it('says of an artifact that only its size was checked, and what that means', async () => {
    signedIn();
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
    signedIn();
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
    await act(() =>
      new Inserter(model, new InsertionPoint(null), dialogs, trans).copyLink(
        artifact()
      )
    );

    // Then
    expect(await screen.findByText(new RegExp(`^${said}`))).toBeInTheDocument();
  });

  it('copies and inserts by button and by keyboard', async () => {
    // Given
    signedIn();
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
    expect(executed).toEqual([
      [CommandIDs.copyLink, { id: '1'.repeat(26) }],
      [CommandIDs.insert, { id: '2'.repeat(26) }],
      [CommandIDs.forgetArtifact, { id: '2'.repeat(26) }]
    ]);
  });

  it('filters artifacts by name', async () => {
    signedIn();
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

  it('shows an upload with its progress, for eye and ear', async () => {
    signedIn();
    server.routes['GET uploads'] = {
      uploads: [upload({ origin: 'contents', bytes_stored: 64 })]
    };
    await show();
    const bar = screen.getByRole('progressbar', { name: 'a.bin' });
    expect(bar).toHaveAttribute('aria-valuenow', '64');
    expect(bar).toHaveAttribute('aria-valuetext', '64 %, 12.4 MB/s');
    fireEvent.click(screen.getByRole('button', { name: 'Cancel a.bin' }));
    expect(executed).toEqual([[CommandIDs.cancelUpload, { id: upload().id }]]);

    server.routes['GET uploads'] = { uploads: [upload({ state: 'staged' })] };
    await act(() => model.refresh());
    await nextFrame();
    expect(screen.getByRole('log')).toHaveTextContent('a.bin is staged.');
  });

  it('offers to try a failed upload again, with why it failed', async () => {
    signedIn();
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
    expect(executed).toEqual([[CommandIDs.retryUpload, { id: upload().id }]]);
  });

  it('keeps a cancelled row for a moment only', async () => {
    signedIn();
    server.routes['GET uploads'] = { uploads: [upload()] };
    await show();
    await nextFrame();
    jest.useFakeTimers();
    try {
      server.routes['GET uploads'] = {
        uploads: [upload({ state: 'cancelled' })]
      };
      await act(() => model.read(new Set(['uploads'])));
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
    signedIn();
    server.routes['GET uploads'] = { uploads: [upload({ name: 'a.shp' })] };
    await show();
    // When
    const advice = "'a.shp' is one of the files of a shapefile.";
    server.routes['GET uploads'] = {
      uploads: [upload({ name: 'a.shp', state: 'staged', advice })]
    };
    await act(() => model.read(new Set(['uploads'])));
    await nextFrame();
    // Then: for eye and ear
    const row = screen.getByRole('listitem', { name: 'a.shp' });
    expect(row).toHaveTextContent(advice);
    expect(screen.getByRole('log')).toHaveTextContent(
      `a.shp is staged. ${advice}`
    );
    fireEvent.click(within(row).getByRole('button', { name: 'Dismiss a.shp' }));
    expect(executed).toEqual([[CommandIDs.forgetUpload, { id: upload().id }]]);
  });

  it('says for eye and ear that a file was in storage already', async () => {
    // Given: one that was found before this page was opened
    signedIn();
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
      await act(() => model.read(new Set(['uploads'])));
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

  it('says what a backend without storage can still take', async () => {
    server.routes['GET connections'] = {
      connections: [connection({ storage: { state: 'none', provider: null } })]
    };
    server.routes['GET status'] = status({ last_backend: BACKEND });
    const region = await show();
    expect(region).toHaveTextContent(
      'This backend does not offer artifact storage.'
    );
    expect(region).toHaveTextContent('GeoJSON');
  });

  it('keeps the rows of somebody who was signed out by the provider', async () => {
    server.routes['GET connections'] = {
      connections: [
        connection({ state: 'signed_out', problem: problem({ todo: '' }) })
      ]
    };
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes['GET uploads'] = {
      uploads: [
        upload({
          state: 'paused',
          problem: problem({ message: 'Sign in to go on.', todo: '' })
        })
      ]
    };
    await show();
    expect(screen.getByRole('button', { name: 'Sign in' })).toBeVisible();
    expect(screen.getByRole('listitem')).toHaveTextContent('Sign in to go on.');
  });

  it('says what was done, and lets it be dismissed', async () => {
    signedIn();
    await show();
    act(() => model.notices.fail('That went wrong.'));
    expect(screen.getByRole('status')).toHaveTextContent('That went wrong.');
    fireEvent.click(screen.getByRole('button', { name: 'Dismiss message' }));
    expect(screen.getByRole('status')).toBeEmptyDOMElement();
  });
});
