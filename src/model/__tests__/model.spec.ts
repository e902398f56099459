import {
  BACKEND,
  FakeServer,
  artifact,
  connection,
  between,
  upload,
  refusal
} from '../../__tests__/fakeServer';
import { type HandSender, signedInModel } from '../../__tests__/handSender';
import type { PanelModel } from '../model';

const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('ArtifactsModel', () => {
  let server: FakeServer;
  let model: PanelModel;
  let sent: HandSender[];

  beforeEach(async () => {
    server = new FakeServer();
    ({ model, sent } = await signedInModel(server));
  });

  afterEach(() => model.dispose());

  it('replaces its snapshot and never changes one', async () => {
    // Given
    const before = model.snapshot;
    server.routes['GET uploads'] = { uploads: [upload()] };

    // When
    await model.refresh();

    // Then
    expect(model.snapshot).not.toBe(before);
    expect(before.uploads).toEqual([]);
    expect(Object.isFrozen(model.snapshot)).toBe(true);
    expect(Object.isFrozen(model.snapshot.uploads)).toBe(true);
  });

  it('keeps a list that could not be read', async () => {
    server.routes['GET uploads'] = { uploads: [upload()] };
    await model.refresh();
    server.routes['GET uploads'] = () => refusal(503);
    await model.refresh();
    expect(model.snapshot.uploads).toHaveLength(1);
  });

  it('reads what is new once an upload has staged it', async () => {
    // Given
    const { id } = artifact();
    server.routes['GET artifacts'] = { artifacts: [artifact()], next: null };
    server.routes['GET uploads'] = {
      uploads: [upload({ state: 'staged', artifact: id })]
    };
    server.requests.length = 0;

    // When
    await model.read(new Set(['uploads']));
    await model.read(new Set(['uploads']));

    // Then
    expect(model.snapshot.artifacts).toEqual([artifact()]);
    expect(server.requests.map(({ route }) => route)).toEqual([
      'GET uploads',
      'GET artifacts',
      'GET uploads'
    ]);
  });

  it('reads artifacts by pages, and keeps the older ones that were asked for', async () => {
    // Given: 5 artifacts, in pages of 2
    const all = ['5', '4', '3', '2', '1'].map(digit =>
      artifact({ id: digit.repeat(26), connection: connection().id })
    );
    server.routes['GET connections'] = { connections: [connection()] };
    server.routes['GET artifacts'] = (query: URLSearchParams) => {
      const before = query.get('before') ?? '9';
      const below = all.filter(each => each.id < before);
      expect(query.get('connection')).toBe(connection().id);
      return {
        artifacts: below.slice(0, 2),
        next: below.length > 2 ? below[1]?.id : null
      };
    };
    const shown = () => model.snapshot.artifacts.map(({ id }) => id[0]).join();

    // When / Then
    await model.session.load();
    await model.refresh();
    expect(shown()).toBe('5,4');
    await Promise.all([model.showOlder(), model.showOlder()]);
    expect(shown()).toBe('5,4,3,2');
    all.unshift(artifact({ id: '6'.repeat(26), connection: connection().id }));
    await model.refresh();
    expect(shown()).toBe('6,5,4,3,2');
    await model.showOlder();
    expect(shown()).toBe('6,5,4,3,2,1');
    expect(model.snapshot.olderArtifacts).toBeNull();
    await model.showOlder();
    await model.refresh();
    expect(shown()).toBe('6,5,4,3,2,1');
    expect(model.snapshot.olderArtifacts).toBeNull();
  });

  it('keeps the end of a link and nothing else of it', async () => {
    // Given
    const url = 'https://s3.example/x?X-Amz-Signature=secret';
    const until = '2026-11-22T23:10:00Z';
    server.routes['GET artifacts'] = { next: null, artifacts: [artifact()] };
    server.routes[`POST artifacts/${artifact().id}/sign`] = {
      url,
      valid_until: until
    };
    await model.refresh();

    // When
    const signed = await model.sign(artifact().id);

    // Then
    expect(signed.url).toBe(url);
    expect(model.snapshot.links.get(artifact().id)).toEqual(new Date(until));
    expect(
      JSON.stringify({
        ...model.snapshot,
        links: [...model.snapshot.links]
      })
    ).not.toContain('secret');
  });

  describe('when something else answers in the place of the server', () => {
    const strangers: [string, () => unknown, string][] = [
      ['a page', () => between(200), 'stopped'],
      ['a hub whose server is stopped', () => between(424), 'stopped'],
      ['a proxy', () => between(503), 'stopped'],
      ['a hub that knows no such place', () => between(404), 'missing'],
      ['a hub that wants a log-in', () => between(403), 'login'],
      [
        'our server, where Jupyter’s log-in has ended',
        () => refusal(403, { code: 'not_allowed' }),
        'login'
      ],
      [
        'nobody',
        () => {
          throw new TypeError('Failed to fetch');
        },
        'unanswered'
      ]
    ];
    const lists = ['GET uploads', 'GET artifacts', 'GET connections'];

    it.each(strangers)(
      '%s: keeps what is known, and says so',
      async (_, answer, outage) => {
        // Given
        server.routes['GET uploads'] = { uploads: [upload()] };
        server.routes['GET artifacts'] = {
          artifacts: [artifact()],
          next: null
        };
        await model.refresh();
        const before = { ...server.routes };

        // When
        lists.forEach(list => (server.routes[list] = answer));
        await model.refresh();

        // Then
        expect(model.snapshot.outage).toBe(outage);
        expect(model.snapshot.session.state).toBe('signed_in');
        expect(model.snapshot.uploads).toHaveLength(1);
        expect(model.snapshot.artifacts).toHaveLength(1);

        // And once our server answers again it is forgotten
        Object.assign(server.routes, before);
        await model.refresh();
        expect(model.snapshot.outage).toBeNull();
      }
    );

    it('tries what waits once the server answers again', async () => {
      model.uploads.stageFiles([new File(['x'], 'a.bin')]);
      sent[0]?.options.onWaiting(true);
      expect(model.snapshot.queuedFiles).toMatchObject([{ state: 'waiting' }]);
      const { 'GET uploads': uploads } = server.routes;
      server.routes['GET uploads'] = () => between(503);
      await model.read(new Set(['uploads']));
      expect(sent[0]?.woken).toBe(0);
      server.routes['GET uploads'] = uploads;
      await model.read(new Set(['uploads']));
      expect(sent[0]?.woken).toBe(1);
    });
  });

  it('does not let a late list undo a cancel', async () => {
    // Given
    let release: (value: unknown) => void = () => undefined;
    server.routes['GET uploads'] = () =>
      new Promise(resolve => {
        release = resolve;
      });
    server.routes[`POST uploads/${upload().id}/cancel`] = upload({
      state: 'cancelled'
    });

    // When
    const reading = model.read(new Set(['uploads']));
    await tick();
    await model.uploads.cancel(upload().id);
    release({ uploads: [upload()] });
    await reading;

    // Then
    expect(model.snapshot.uploads.map(({ state }) => state)).toEqual([
      'cancelled'
    ]);
  });

  it('offers the backends of server and settings, each once', () => {
    model.extraBackends = [
      { url: BACKEND, title: 'again' },
      { url: 'https://mine.example', title: 'Mine' }
    ];
    expect(model.snapshot.backends.map(({ url }) => url)).toEqual([
      BACKEND,
      'https://other.example',
      'https://mine.example'
    ]);
  });

  it('is disposed twice without harm, and silent then', () => {
    const heard = jest.fn();
    model.changed.connect(heard);
    model.dispose();
    model.dispose();
    model.extraBackends = [];
    expect(heard).not.toHaveBeenCalled();
  });
});
