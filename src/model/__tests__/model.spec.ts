import {
  BACKEND,
  FakeServer,
  artifact,
  connection,
  between,
  upload,
  refusal,
  status
} from '../../__tests__/fakeServer';
import { APIError, type ISenderOptions } from '../../transport';
import { type PanelModel, makePanelModel } from '../model';

/** A transport that is moved by hand. */
class HandSender {
  constructor(readonly options: ISenderOptions) {
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }
  readonly done: Promise<void>;
  finish!: () => void;
  fail!: (error: unknown) => void;
  started = false;
  aborted = false;
  woken = 0;
  wake(): void {
    this.woken += 1;
  }
  start(): void {
    this.started = true;
  }
  abort(): void {
    this.aborted = true;
    this.finish();
  }
}

const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('ArtifactsModel', () => {
  let server: FakeServer;
  let model: PanelModel;
  let sent: HandSender[];

  beforeEach(async () => {
    server = new FakeServer();
    server.routes['GET status'] = status({ last_backend: BACKEND });
    server.routes['GET connections'] = { connections: [connection()] };
    sent = [];
    model = makePanelModel(
      server.transport(options => {
        const sender = new HandSender(options);
        sent.push(sender);
        return sender as never;
      })
    );
    await model.refresh();
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

  it('reads the artifact that an upload has staged, and not the whole list', async () => {
    // Given
    const { id } = artifact();
    server.routes[`GET artifacts/${id}`] = artifact();
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
      `GET artifacts/${id}`,
      'GET uploads'
    ]);
  });

  it('reads the list where one of those that were staged is gone again', async () => {
    server.routes['GET artifacts'] = {
      next: null,
      artifacts: [artifact({ id: 'c'.repeat(26) })]
    };
    server.routes['GET uploads'] = {
      uploads: [upload({ state: 'staged', artifact: artifact().id })]
    };
    await model.read(new Set(['uploads']));
    expect(model.snapshot.artifacts).toHaveLength(1);
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
      model.stageFiles([new File(['x'], 'a.bin')]);
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
    await model.cancelUpload(upload().id);
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

  describe('sending', () => {
    const file = new File(['x'], 'a.bin');

    it('shows a file before it is an upload, and as its upload from then on', async () => {
      // Given
      model.stageFiles([file]);
      expect(model.snapshot.queuedFiles).toMatchObject([
        { state: 'starting', name: 'a.bin' }
      ]);

      // When
      server.routes['GET uploads'] = {
        uploads: [upload({ state: 'receiving' })]
      };
      sent[0]?.options.onUpload(upload().id);
      await tick();

      // Then
      expect(model.snapshot.queuedFiles).toEqual([]);
      expect(model.snapshot.sending.get(upload().id)).toEqual({
        state: 'sending'
      });
    });

    it('keeps why a file never became an upload, and sends it again', async () => {
      model.stageFiles([file]);
      sent[0]?.fail(new APIError(507, 'The disk is full.'));
      await tick();
      expect(model.snapshot.queuedFiles).toMatchObject([
        { state: 'refused', problem: { message: 'The disk is full.' } }
      ]);
      model.sender.again(model.snapshot.queuedFiles[0]?.key ?? '');
      expect(sent).toHaveLength(2);
      expect(sent[1]?.options.file).toBe(file);
      expect(model.snapshot.queuedFiles).toMatchObject([{ state: 'starting' }]);
    });

    it('stays with the account that was signed in when the file was added', async () => {
      // Given
      model.stageFiles([file]);
      expect(sent[0]?.options.account).toBe(connection().account);
      sent[0]?.fail(new APIError(409, 'You are not signed in.'));
      await tick();
      // When another account is signed in at the same backend
      server.routes['GET connections'] = {
        connections: [connection({ account: 'b0b', user: 'bob' })]
      };
      await model.read(new Set(['connections']));
      model.sender.again(model.snapshot.queuedFiles[0]?.key ?? '');
      // Then
      expect(sent[1]?.options).toMatchObject({
        file,
        account: connection().account
      });
    });

    it('goes on with a broken upload from its file', async () => {
      // Given
      model.stageFiles([file]);
      server.routes['GET uploads'] = {
        uploads: [upload({ state: 'receiving' })]
      };
      sent[0]?.options.onUpload(upload().id);
      sent[0]?.fail(new APIError(0, 'gone'));
      await tick();
      expect(model.snapshot.sending.get(upload().id)?.state).toBe('broken');

      // When
      await model.retryUpload(upload().id);

      // Then
      expect(sent[1]?.options).toMatchObject({ upload: upload().id, file });
      expect(model.snapshot.sending.get(upload().id)?.state).toBe('sending');
    });

    it('sends the bytes again that a failed upload still wants', async () => {
      model.stageFiles([file]);
      sent[0]?.options.onUpload(upload().id);
      sent[0]?.finish();
      await tick();
      server.routes[`POST uploads/${upload().id}/retry`] = upload({
        state: 'receiving'
      });
      await model.retryUpload(upload().id);
      expect(sent[1]?.options).toMatchObject({ upload: upload().id, file });
    });

    it('never adds another file to the bytes of one that is lost', async () => {
      // Given: an upload that an earlier page began
      const half = upload({ state: 'receiving', bytes_received: 50 });
      server.routes['GET uploads'] = { uploads: [half] };
      server.routes[`DELETE uploads/${half.id}`] = () =>
        new Response(null, { status: 204 });
      await model.refresh();

      // When: a file is handed over that may be another one of the same size
      await model.sendInstead(half.id, file);

      // Then
      expect(server.requests.map(({ route }) => route)).toContain(
        `DELETE uploads/${half.id}`
      );
      expect(sent).toHaveLength(1);
      expect(sent[0]?.options).toMatchObject({
        file,
        connection: half.connection
      });
      expect(sent[0]?.options.upload).toBeUndefined();
    });

    it('stops sending when the upload is cancelled', async () => {
      model.stageFiles([file]);
      sent[0]?.options.onUpload(upload().id);
      server.routes[`POST uploads/${upload().id}/cancel`] = upload({
        state: 'cancelled'
      });
      await model.cancelUpload(upload().id);
      expect(sent[0]?.aborted).toBe(true);
      expect(model.sender.has(upload().id)).toBe(false);
    });

    it('lets go of a file once its upload is done', async () => {
      model.stageFiles([file]);
      sent[0]?.options.onUpload(upload().id);
      sent[0]?.finish();
      server.routes['GET uploads'] = { uploads: [upload({ state: 'staged' })] };
      await tick();
      await model.refresh();
      expect(model.sender.has(upload().id)).toBe(false);
    });

    describe('more files than are sent at a time', () => {
      const ids = ['1', '2', '3', '4', '5', '6'].map(id => id.repeat(26));
      const states = (): (string | undefined)[] => [
        ...ids.map(id => model.snapshot.sending.get(id)?.state),
        ...model.snapshot.queuedFiles.map(({ state }) => state)
      ];

      beforeEach(() => {
        server.routes['GET uploads'] = () => ({
          uploads: ids
            .slice(0, sent.length)
            .map(id => upload({ id, state: 'receiving' }))
        });
        model.stageFiles(ids.map(id => new File(['x'], `${id[0]}.bin`)));
      });

      /** The server has made uploads for all that were begun. */
      function accept(): void {
        sent.forEach(({ options, aborted }, index) => {
          if (!aborted) {
            options.onUpload(ids[index] ?? '');
          }
        });
      }

      it('sends two, and makes no upload for the others before their turn', async () => {
        accept();
        await tick();
        expect(sent).toHaveLength(2);
        expect(states().filter(Boolean)).toEqual([
          'sending',
          'sending',
          'queued',
          'queued',
          'queued',
          'queued'
        ]);
        sent[0]?.finish();
        await tick();
        expect(sent.map(({ options }) => options.file.name)).toEqual([
          '1.bin',
          '2.bin',
          '3.bin'
        ]);
      });

      it('goes on with the next where one is refused, broken or cancelled', async () => {
        // Given
        server.routes[`POST uploads/${ids[1]}/cancel`] = upload({
          id: ids[1],
          state: 'cancelled'
        });
        sent[0]?.fail(new APIError(507, 'The disk is full.'));
        await tick();
        expect(sent).toHaveLength(3);

        // When
        sent[1]?.options.onUpload(ids[1] ?? '');
        await model.cancelUpload(ids[1] ?? '');
        expect(sent).toHaveLength(4);
        sent[2]?.options.onUpload(ids[2] ?? '');
        sent[2]?.fail(new APIError(0, 'gone'));
        await tick();

        // Then
        expect(sent).toHaveLength(5);
        expect(model.snapshot.queuedFiles.map(({ state }) => state)).toEqual([
          'refused',
          'starting',
          'starting',
          'queued'
        ]);
      });

      it('takes a waiting file off the list without a word to the server', async () => {
        accept();
        const waiting = model.snapshot.queuedFiles.find(
          u => u.name === '4.bin'
        );
        server.requests.length = 0;
        model.sender.dismiss(waiting?.key ?? '');
        for (let index = 0; index < 5; index += 1) {
          sent[index]?.options.onUpload(ids[index] ?? '');
          sent[index]?.finish();
          await tick();
        }
        expect(sent.map(({ options }) => options.file.name)).toEqual([
          '1.bin',
          '2.bin',
          '3.bin',
          '5.bin',
          '6.bin'
        ]);
      });

      it('lets an upload that is tried again wait for its turn', async () => {
        accept();
        sent[0]?.fail(new APIError(0, 'gone'));
        await tick();
        expect(sent).toHaveLength(3);
        await model.retryUpload(ids[0] ?? '');
        expect(model.snapshot.sending.get(ids[0] ?? '')?.state).toBe('queued');
        expect(sent).toHaveLength(3);
      });

      it('begins no more once the panel is disposed', async () => {
        accept();
        model.dispose();
        await tick();
        expect(sent).toHaveLength(2);
        expect(sent.every(({ aborted }) => aborted)).toBe(true);
      });
    });
  });
});
