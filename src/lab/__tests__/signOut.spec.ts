import { Dialog } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, screen, waitFor } from '@testing-library/react';

import {
  BACKEND,
  FakeServer,
  connection,
  status,
  upload
} from '../../__tests__/fakeServer';
import { HandSender } from '../../__tests__/handSender';
import { type PanelModel, makePanelModel } from '../../model';
import { SigningOut } from '../signOut';

const ID = connection().id;
const trans = nullTranslator.load('test');

// jsdom opens no dialog, so that its content counts as hidden.
const IN_DIALOG = { hidden: true };

describe('SigningOut', () => {
  let server: FakeServer;
  let model: PanelModel;
  let signingOut: SigningOut;
  let sent: HandSender[];

  beforeEach(async () => {
    server = new FakeServer();
    server.routes['GET connections'] = { connections: [connection()] };
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes[`DELETE connections/${ID}`] = () => {
      server.routes['GET connections'] = { connections: [] };
      return {};
    };
    sent = [];
    model = makePanelModel(
      server.transport(options => {
        sent.push(new HandSender(options));
        return sent.at(-1)!;
      })
    );
    signingOut = new SigningOut(model, trans);
    await model.refresh();
  });

  afterEach(() => {
    Dialog.flush();
    model.dispose();
  });

  function running(...names: readonly string[]): void {
    server.routes['GET uploads'] = {
      uploads: names.map((name, i) => upload({ id: String(i), name }))
    };
  }

  async function answer(label: string): Promise<void> {
    fireEvent.click(
      await screen.findByRole('button', { name: label, ...IN_DIALOG })
    );
  }

  it('asks nothing where nothing is on its way', async () => {
    server.routes['GET uploads'] = {
      uploads: [
        upload({ state: 'failed' }),
        upload({ id: 'of-another', connection: 'another' })
      ]
    };
    await signingOut.ask();
    expect(model.session.state.state).toBe('closed');
  });

  it('says how many files are on their way, and changes nothing without an answer', async () => {
    // Given a file that the page has not heard of
    running('a.tif');
    const asked = signingOut.ask();
    expect(await screen.findByRole('dialog', IN_DIALOG)).toHaveTextContent(
      '1 file is on its way. Signing out now stops it; nothing of it stays in storage.'
    );
    await answer('Cancel');
    await asked;
    expect(model.session.state.state).toBe('signed_in');
  });

  it('signs out and stops them', async () => {
    running('a.tif', 'b.tif');
    const asked = signingOut.ask();
    expect(await screen.findByRole('dialog', IN_DIALOG)).toHaveTextContent(
      '2 files are on their way.'
    );
    await answer('Sign out and stop them');
    await asked;
    expect(model.session.state.state).toBe('closed');
  });

  it('lets go of what waits here, which no later sign-in sends', async () => {
    // Given two that are begun, and one that waits
    model.uploads.stageFiles(
      ['a', 'b', 'c'].map(name => new File(['x'], name))
    );
    const asked = signingOut.ask();

    // When
    await answer('Sign out and stop them');
    await asked;

    // Then
    expect(model.snapshot.queuedFiles).toEqual([]);
    expect(sent.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('sends on what is paused before it waits for the end', async () => {
    model.uploads.stageFiles(
      ['a', 'b', 'c'].map(name => new File(['x'], name))
    );
    model.all.pause();
    model.snapshot.queuedFiles
      .slice(0, 2)
      .forEach(({ key }) => model.sender.dismiss(key));
    expect(sent).toHaveLength(2);
    const asked = signingOut.ask();
    await answer('Finish first');
    await waitFor(() => expect(sent).toHaveLength(3), { timeout: 5000 });
    model.sender.dismiss(model.snapshot.queuedFiles[0]?.key ?? '');
    await asked;
    expect(model.session.state.state).toBe('closed');
  });

  it('signs out when all have ended', async () => {
    running('a.tif');
    const asked = signingOut.ask();
    await answer('Finish first');
    await waitFor(() =>
      expect(model.notices.last?.text).toBe(
        'You will be signed out when no file is on its way.'
      )
    );
    expect(model.session.state.state).toBe('signed_in');
    running();
    await model.read(new Set(['uploads']));
    await asked;
    expect(model.session.state.state).toBe('closed');
  });

  it('waits no longer once it is asked again', async () => {
    running('a.tif');
    const first = signingOut.ask();
    await answer('Finish first');
    await waitFor(() => expect(model.notices.last).not.toBeNull());
    const second = signingOut.ask();
    await first;
    await answer('Cancel');
    await second;
    running();
    await model.read(new Set(['uploads']));
    expect(model.session.state.state).toBe('signed_in');
  });
});
