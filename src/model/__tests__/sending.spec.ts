import { FakeServer, connection, upload } from '../../__tests__/fakeServer';
import { type HandSender, signedInModel } from '../../__tests__/handSender';
import { APIError } from '../../transport';
import type { PanelModel } from '../model';

const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('sending', () => {
  let server: FakeServer;
  let model: PanelModel;
  let sent: HandSender[];

  beforeEach(async () => {
    server = new FakeServer();
    ({ model, sent } = await signedInModel(server));
  });

  afterEach(() => model.dispose());

  const file = new File(['x'], 'a.bin');

  it('shows a file before it is an upload, and as its upload from then on', async () => {
    // Given
    model.uploads.stageFiles([file]);
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
    model.uploads.stageFiles([file]);
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
    model.uploads.stageFiles([file]);
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
    model.uploads.stageFiles([file]);
    server.routes['GET uploads'] = {
      uploads: [upload({ state: 'receiving' })]
    };
    sent[0]?.options.onUpload(upload().id);
    sent[0]?.fail(new APIError(0, 'gone'));
    await tick();
    expect(model.snapshot.sending.get(upload().id)?.state).toBe('broken');

    // When
    await model.uploads.retry(upload().id);

    // Then
    expect(sent[1]?.options).toMatchObject({ upload: upload().id, file });
    expect(model.snapshot.sending.get(upload().id)?.state).toBe('sending');
  });

  it('sends the bytes again that a failed upload still wants', async () => {
    model.uploads.stageFiles([file]);
    sent[0]?.options.onUpload(upload().id);
    sent[0]?.finish();
    await tick();
    server.routes[`POST uploads/${upload().id}/retry`] = upload({
      state: 'receiving'
    });
    await model.uploads.retry(upload().id);
    expect(sent[1]?.options).toMatchObject({ upload: upload().id, file });
  });

  it('stops sending when the upload is cancelled', async () => {
    model.uploads.stageFiles([file]);
    sent[0]?.options.onUpload(upload().id);
    server.routes[`POST uploads/${upload().id}/cancel`] = upload({
      state: 'cancelled'
    });
    await model.uploads.cancel(upload().id);
    expect(sent[0]?.aborted).toBe(true);
    expect(model.sender.files.has(upload().id)).toBe(false);
  });

  it('lets go of an upload that is no more', async () => {
    // Given two that are listed
    const other = 'b'.repeat(26);
    model.uploads.stageFiles([file, file]);
    server.routes['GET uploads'] = {
      uploads: [upload(), upload({ id: other })].map(each => ({
        ...each,
        state: 'receiving'
      }))
    };
    sent[0]?.options.onUpload(upload().id);
    sent[1]?.options.onUpload(other);
    await model.refresh();
    expect(model.snapshot.sending.size).toBe(2);

    // When one is taken off elsewhere, and the server knows the other no more
    server.routes['GET uploads'] = { uploads: [upload({ id: other })] };
    await model.refresh();
    expect([...model.snapshot.sending.keys()]).toEqual([other]);
    expect(sent[0]?.aborted).toBe(true);
    sent[1]?.fail(new APIError(404, 'There is no such upload.'));
    await tick();

    // Then
    expect([...model.snapshot.sending.keys()]).toEqual([]);
    expect(model.sender.files.has(other)).toBe(false);
  });

  it('lets go of a file once its upload is done', async () => {
    model.uploads.stageFiles([file]);
    sent[0]?.options.onUpload(upload().id);
    sent[0]?.finish();
    server.routes['GET uploads'] = { uploads: [upload({ state: 'staged' })] };
    await tick();
    await model.refresh();
    expect(model.sender.files.has(upload().id)).toBe(false);
  });
});
