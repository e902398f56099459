import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationManager } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { act, fireEvent, waitFor } from '@testing-library/react';

import {
  LANGUAGES,
  catalogueOf,
  textsOf,
  translatorFor,
  untranslated
} from '../../__tests__/catalogue';
import {
  FakeServer,
  artifact,
  between,
  connection,
  status,
  upload
} from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import { makePanelModel } from '../../model';
import { commandsPlugin } from '../commands';
import { showApproval } from '../dialogs';
import { SigningOut } from '../signOut';
import { DOMAIN } from '../tokens';
import { ShownPanel, signIn } from './shownPanel';

const STATES = [
  'queued',
  'receiving',
  'uploading',
  'verifying',
  'staged',
  'paused',
  'failed',
  'cancelled'
] as const;

const ID = connection().id;

/** Whom a panel is shown to, and what is done in it. */
const PICTURES: Record<
  string,
  (server: FakeServer) => void | ((region: HTMLElement) => void)
> = {
  'signed out': () => undefined,
  'without the server side': server => {
    delete server.routes['GET status'];
  },
  'while Jupyter does not answer': server => {
    server.routes['GET status'] = () => between(502);
  },
  'signing in': server => {
    const opened = connection({ state: 'signed_out' });
    const login = {
      state: 'pending',
      user_code: 'WDJB-MJHT',
      verification_uri: 'https://login.example/device',
      verification_uri_complete: null,
      expires_at: new Date(Date.now() + 272_500).toISOString(),
      problem: null
    };
    server.routes['POST connections'] = () => {
      server.routes['GET connections'] = { connections: [opened] };
      return opened;
    };
    server.routes[`POST connections/${ID}/login`] = login;
    server.routes[`GET connections/${ID}/login`] = login;
    return region => fireEvent.click(region.querySelector('.jp-mod-accept')!);
  },
  'with nothing staged': server => signIn(server),
  'without storage': server =>
    signIn(server, {
      storage: { state: 'none', provider: null, s3_uri: null }
    }),
  'with an upload in each state': server => {
    signIn(server);
    server.routes['GET uploads'] = {
      uploads: STATES.map((state, index) =>
        upload({ id: String(index).repeat(26), state, can_retry: true })
      )
    };
  },
  'with artifacts, and one of their menus': server => {
    signIn(server);
    server.routes['GET artifacts'] = {
      artifacts: [
        artifact({ verified: 'size', link_until: '2026-11-22T10:00:00Z' }),
        artifact({ id: 'c'.repeat(26), account: 'bob' })
      ],
      next: 'more'
    };
    return region =>
      region
        .querySelectorAll('[aria-haspopup="menu"]')
        .forEach(button => fireEvent.click(button));
  },
  'with a filter that nothing fits': server => {
    signIn(server);
    server.routes['GET artifacts'] = { artifacts: [artifact()], next: null };
    return region =>
      fireEvent.input(region.querySelector('input[type="search"]')!, {
        target: { value: 'zip' }
      });
  }
};

describe.each(LANGUAGES)('The catalogue of %s', language => {
  let translator: TranslationManager;
  let server: FakeServer;
  let shown: ShownPanel | null;

  beforeEach(async () => {
    translator = await translatorFor(language);
    // As JupyterLab does
    document.documentElement.lang = translator.languageCode;
    server = new FakeServer();
    shown = null;
  });

  afterEach(() => {
    shown?.dispose();
    document.documentElement.lang = '';
  });

  it('is found by JupyterLab, with its forms for one and many', () => {
    const trans = translator.load(DOMAIN);
    const catalogue = catalogueOf(language);
    const [one, many] = catalogue['%1 file needs you']!;
    expect(trans.__('Copy link')).toBe(`!!${catalogue['Copy link']![0]}`);
    expect(
      [1, 2].map(count =>
        trans._n('%1 file needs you', '%1 files need you', count)
      )
    ).toEqual([
      `!!${one!.replace('%1', '1')}`,
      `!!${many!.replace('%1', '2')}`
    ]);
  });

  it.each(Object.keys(PICTURES))(
    'leaves no English in the panel %s',
    async name => {
      // Given
      const then = PICTURES[name]!(server);
      shown = await ShownPanel.of(server.transport(), translator.load(DOMAIN));
      // When
      const { region } = shown;
      await act(async () => then?.(region));
      // Then
      const texts = textsOf(region);
      expect(texts.filter(text => text.includes('!!')).length).toBeGreaterThan(
        1
      );
      expect(untranslated(texts, language)).toEqual([]);
    }
  );

  it('leaves no English in commands and dialogs', async () => {
    // Given
    const commands = new CommandRegistry();
    server.routes['GET connections'] = { connections: [connection()] };
    server.routes['GET status'] = status();
    server.routes['GET uploads'] = { uploads: [upload()] };
    const model = makePanelModel(server.transport());
    await model.refresh();
    const trans = translator.load(DOMAIN);
    void commandsPlugin.activate(
      {
        commands,
        shell: { currentWidget: null }
      } as unknown as JupyterFrontEnd,
      { model },
      null,
      null,
      translator
    );
    // When
    const texts = await Promise.all(
      Object.values(CommandIDs).map(async id => {
        const { args } = await commands.describedBy(id);
        const takes = Object.values(args?.properties ?? {}) as {
          description?: string;
        }[];
        return [
          commands.label(id),
          commands.caption(id),
          ...takes.map(({ description }) => description ?? '')
        ];
      })
    );
    // One after the other, each left by its first button
    for (const ask of [
      () => showApproval(connection(), model.session, trans),
      () => new SigningOut(model, trans).ask()
    ]) {
      const answered = ask();
      const button = await waitFor(() => {
        const found = document.querySelector('.jp-Dialog .jp-mod-reject');
        expect(found).not.toBeNull();
        return found!;
      });
      texts.push(textsOf(...document.querySelectorAll('.jp-Dialog')));
      fireEvent.click(button);
      await answered;
    }
    // Then
    const told = texts.flat().filter(Boolean);
    expect(told.length).toBeGreaterThan(30);
    expect(untranslated(told, language)).toEqual([]);
    model.dispose();
  });
});
