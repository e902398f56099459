import {
  FakeServer,
  between,
  refusal,
  upload
} from '../../__tests__/fakeServer';
import { type HandSender, signedInModel } from '../../__tests__/handSender';
import { FileDigest } from '../../transport';
import type { PanelModel } from '../model';

const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

const id = 'a'.repeat(26);
const half = upload({ id, size: 3, state: 'receiving', bytes_received: 1 });

/** A file whose digest is its text; jsdom's own cannot be read. */
function makeFile(text: string, name = 'a.bin', lastModified = 1000): File {
  const file = new File([text], name, { lastModified });
  FileDigest.of(file).upTo = end => Promise.resolve(text.slice(0, end));
  return file;
}

describe('an upload whose page is gone', () => {
  let server: FakeServer;
  let model: PanelModel;
  let sent: HandSender[];

  beforeEach(async () => {
    server = new FakeServer();
    server.routes['GET uploads'] = { uploads: [half] };
    server.routes[`GET tus/${id}/digest`] = {
      offset: 1,
      size: 3,
      digest: 'x'
    };
    ({ model, sent } = await signedInModel(server));
  });

  afterEach(() => model.dispose());

  it('goes on with its file, from where it is', async () => {
    const file = makeFile('xyz');
    model.uploads.stageFiles([file]);
    expect(model.snapshot.sending.get(id)).toEqual({ state: 'comparing' });
    await tick();
    expect(sent.map(({ options }) => options)).toMatchObject([
      { upload: id, file }
    ]);
    expect(model.snapshot.uploads).toHaveLength(1);
    expect(model.snapshot.sending.get(id)).toEqual({ state: 'sending' });
  });

  it('goes on with one file; a second one is another upload', async () => {
    model.uploads.stageFiles([makeFile('xyz'), makeFile('xyz')]);
    await tick();
    expect(sent.map(({ options }) => options.upload)).toEqual([undefined, id]);
  });

  it.each([
    ['name', makeFile('xyz', 'b.bin')],
    ['size', makeFile('xyzz')],
    ['content', makeFile('abc')]
  ])('stays where the %s is another', async (_, file) => {
    // Dropped, it is sent to an upload of its own
    model.uploads.stageFiles([file]);
    await tick();
    expect(sent.map(({ options }) => options.upload)).toEqual([undefined]);
    expect(model.snapshot.sending.has(id)).toBe(false);
    // Chosen for the row, it is refused, and nothing is sent
    expect(await model.uploads.goOn(half, file)).toBe(false);
    expect(sent).toHaveLength(1);
    expect(model.snapshot.sending.has(id)).toBe(false);
  });

  it('stays where the file was written anew since', async () => {
    const kept = { lastModified: 999, handle: null, noted: 0 };
    jest.spyOn(model.sender.files.kept, 'get').mockResolvedValue(kept);
    expect(await model.uploads.goOn(half, makeFile('xyz'))).toBe(false);
    kept.lastModified = 1000;
    expect(await model.uploads.goOn(half, makeFile('xyz'))).toBe(true);
  });

  it('stays where the server knows no digest any more', async () => {
    server.routes[`GET tus/${id}/digest`] = {
      offset: 1,
      size: 3,
      digest: null
    };
    expect(await model.uploads.goOn(half, makeFile('xyz'))).toBe(false);
  });

  it('stays where the file cannot be read', async () => {
    const file = makeFile('xyz');
    FileDigest.of(file).upTo = () => Promise.reject(new Error('gone'));
    expect(await model.uploads.goOn(half, file)).toBe(false);
  });

  it('says why it cannot be told whether the file is the right one', async () => {
    server.routes[`GET tus/${id}/digest`] = () => between(503);
    await expect(model.uploads.goOn(half, makeFile('xyz'))).rejects.toThrow();
    expect(model.snapshot.sending.has(id)).toBe(false);
  });

  it('is an upload of its own where the other one has ended meanwhile', async () => {
    server.routes[`GET tus/${id}/digest`] = () => refusal(410);
    model.uploads.stageFiles([makeFile('xyz')]);
    await tick();
    expect(sent.map(({ options }) => options.upload)).toEqual([undefined]);
  });

  it('is not gone on with once it was cancelled', async () => {
    let answer = (_: unknown): void => undefined;
    server.routes[`GET tus/${id}/digest`] = () =>
      new Promise(resolve => (answer = resolve));
    server.routes[`POST uploads/${id}/cancel`] = {
      ...half,
      state: 'cancelled'
    };
    const going = model.uploads.goOn(half, makeFile('xyz'));
    await tick();
    await model.uploads.cancel(id);
    answer({ offset: 1, size: 3, digest: 'x' });
    await going;
    expect(sent).toHaveLength(0);
    expect(model.snapshot.sending.has(id)).toBe(false);
  });

  it('is another one while this page sends it', async () => {
    model.uploads.stageFiles([makeFile('xyz')]);
    await tick();
    model.uploads.stageFiles([makeFile('xyz')]);
    await tick();
    expect(sent.map(({ options }) => options.upload)).toEqual([id, undefined]);
  });

  it('is another one while another tab sends it', async () => {
    jest.spyOn(model.sender.files, 'isAnywhere').mockResolvedValue(true);
    model.uploads.stageFiles([makeFile('xyz')]);
    await tick();
    expect(sent.map(({ options }) => options.upload)).toEqual([undefined]);
  });
});
