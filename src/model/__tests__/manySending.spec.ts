import { FakeServer, refusal, upload } from '../../__tests__/fakeServer';
import { type HandSender, signedInModel } from '../../__tests__/handSender';
import { APIError } from '../../transport';
import type { PanelModel } from '../model';

const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('more files than are sent at a time', () => {
  let server: FakeServer;
  let model: PanelModel;
  let sent: HandSender[];
  const ids = ['1', '2', '3', '4', '5', '6'].map(id => id.repeat(26));
  const states = (): (string | undefined)[] => [
    ...ids.map(id => model.snapshot.sending.get(id)?.state),
    ...model.snapshot.queuedFiles.map(({ state }) => state)
  ];

  beforeEach(async () => {
    server = new FakeServer();
    ({ model, sent } = await signedInModel(server));
    server.routes['GET uploads'] = () => ({
      uploads: ids
        .slice(0, sent.length)
        .map(id => upload({ id, state: 'receiving' }))
    });
    model.uploads.stageFiles(ids.map(id => new File(['x'], `${id[0]}.bin`)));
  });

  afterEach(() => model.dispose());

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
    await model.uploads.cancel(ids[1] ?? '');
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
    const waiting = model.snapshot.queuedFiles.find(u => u.name === '4.bin');
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
    await model.uploads.retry(ids[0] ?? '');
    expect(model.snapshot.sending.get(ids[0] ?? '')?.state).toBe('queued');
    expect(sent).toHaveLength(3);
  });

  it('sends nothing while all is paused, and goes on with what it had begun', async () => {
    // Given one that is an upload, and one that is about to become one
    sent[0]?.options.onUpload(ids[0] ?? '');

    // When
    model.all.pause();
    sent[1]?.options.onUpload(ids[1] ?? '');
    await tick();

    // Then
    expect(model.snapshot.held).toBe(true);
    expect(sent.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(states().filter(Boolean)).toEqual([
      'paused',
      'paused',
      'queued',
      'queued',
      'queued',
      'queued'
    ]);

    // When
    model.all.resume();

    // Then
    expect(sent.slice(2).map(({ options }) => options.upload)).toEqual([
      ids[0],
      ids[1]
    ]);
  });

  it('resumes one alone while all is paused', async () => {
    // Given two that are sent, and two that wait for their turn again
    accept();
    model.sender.pause(ids[0] ?? '');
    sent[2]?.options.onUpload(ids[2] ?? '');
    model.sender.resume(ids[0] ?? '');
    expect(model.snapshot.sending.get(ids[0] ?? '')?.state).toBe('queued');
    model.all.pause();
    expect(sent).toHaveLength(3);

    // When
    model.sender.resume(ids[1] ?? '');

    // Then
    expect(sent[3]?.options.upload).toBe(ids[1]);
    expect(states().slice(0, 3)).toEqual(['paused', 'sending', 'paused']);
    expect(sent).toHaveLength(4);
  });

  it('holds nothing any more once each file that was held is cancelled', () => {
    model.all.pause();
    expect(model.snapshot.held).toBe(true);
    for (const { key } of model.snapshot.queuedFiles) {
      model.sender.dismiss(key);
    }
    expect(model.snapshot.held).toBe(false);
    const before = sent.length;
    model.uploads.stageFiles([new File(['x'], 'later.bin')]);
    expect(sent).toHaveLength(before + 1);
  });

  it('lets the next one have the turn of one that is paused', async () => {
    accept();
    model.sender.pause(ids[0] ?? '');
    await tick();
    expect(sent[0]?.aborted).toBe(true);
    expect(sent).toHaveLength(3);
    model.sender.resume(ids[0] ?? '');
    expect(model.snapshot.sending.get(ids[0] ?? '')?.state).toBe('queued');
  });

  it('cancels all, and begins none of what waits', async () => {
    // Given
    accept();
    await model.refresh();
    for (const id of ids.slice(0, 2)) {
      server.routes[`POST uploads/${id}/cancel`] = upload({
        id,
        state: 'cancelled'
      });
    }

    // When
    await model.all.cancel();

    // Then
    expect(sent).toHaveLength(2);
    expect(sent.every(({ aborted }) => aborted)).toBe(true);
    expect(model.snapshot.queuedFiles).toEqual([]);
    expect(model.snapshot.uploads.map(({ state }) => state)).toEqual([
      'cancelled',
      'cancelled'
    ]);
  });

  it('cancels also what is not listed yet, and holds nothing though one request fails', async () => {
    // Given two that are uploads, of which the list has none
    server.routes['GET uploads'] = { uploads: [] };
    accept();
    await tick();
    model.all.pause();
    server.routes[`POST uploads/${ids[0]}/cancel`] = refusal(500);
    server.routes[`POST uploads/${ids[1]}/cancel`] = upload({
      id: ids[1],
      state: 'cancelled'
    });

    // When
    await expect(model.all.cancel()).rejects.toThrow(APIError);

    // Then
    expect(states().filter(Boolean)).toEqual([]);
    expect(model.snapshot.held).toBe(false);
    expect(model.snapshot.uploads.map(({ id, state }) => [id, state])).toEqual([
      [ids[1], 'cancelled']
    ]);
  });

  it('tries all again that failed', async () => {
    // Given one that was refused, one that broke, and one that failed
    sent[0]?.fail(new APIError(507, 'The disk is full.'));
    await tick();
    sent[1]?.options.onUpload(ids[1] ?? '');
    sent[1]?.fail(new APIError(0, 'gone'));
    await tick();
    const failed = upload({
      id: 'f'.repeat(26),
      state: 'failed',
      can_retry: true
    });
    server.routes['GET uploads'] = {
      uploads: [upload({ id: ids[1], state: 'receiving' }), failed]
    };
    server.routes[`POST uploads/${failed.id}/retry`] = upload({
      id: failed.id
    });
    await model.refresh();

    // When
    await model.all.retry();

    // Then
    expect(states()).not.toContain('refused');
    expect(states()).not.toContain('broken');
    expect(model.snapshot.uploads.map(({ state }) => state)).toEqual([
      'receiving',
      'uploading'
    ]);
  });

  it('begins no more once the panel is disposed', async () => {
    accept();
    model.dispose();
    await tick();
    expect(sent).toHaveLength(2);
    expect(sent.every(({ aborted }) => aborted)).toBe(true);
  });
});
