import {
  FakeServer,
  between,
  connection,
  upload
} from '../../__tests__/fakeServer';
import { type HandSender, signedInModel } from '../../__tests__/handSender';
import type { PanelModel } from '../model';

const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('a file that is dropped again after a reload', () => {
  const id = 'a'.repeat(26);
  const told = { name: 'a.bin', lastModified: 1000 };
  const file = (change: Partial<typeof told> = {}, text = 'xyz'): File => {
    const { name, lastModified } = { ...told, ...change };
    return new File([text], name, { lastModified });
  };
  let server: FakeServer;
  let model: PanelModel;
  let sent: HandSender[];

  beforeEach(async () => {
    // Given: a page that has sent a part of it, and is gone
    sessionStorage.clear();
    server = new FakeServer();
    ({ model, sent } = await signedInModel(server));
    model.uploads.stageFiles([file()]);
    const half = upload({ id, size: 3, state: 'receiving', bytes_received: 1 });
    server.routes['GET uploads'] = { uploads: [half] };
    sent[0]?.options.onUpload(id);
    await tick();
    model.dispose();
    ({ model, sent } = await signedInModel(server));
    server.routes[`DELETE uploads/${id}`] = () =>
      new Response(null, { status: 204 });
  });

  afterEach(() => model.dispose());

  it('takes the place of its row, and makes no second one', async () => {
    model.uploads.stageFiles([file()]);
    await tick();
    expect(model.snapshot.uploads).toEqual([]);
    expect(sent).toHaveLength(1);
    // From its beginning, in an upload of its own
    expect(sent[0]?.options.upload).toBeUndefined();
    expect(sent[0]?.options.connection).toBe(connection().id);
  });

  it('takes it once, and is sent also where the row is over meanwhile', async () => {
    server.routes[`DELETE uploads/${id}`] = () => between(404);
    model.uploads.stageFiles([file(), file()]);
    await tick();
    expect(sent).toHaveLength(2);
    const deleted = server.requests.filter(({ route }) =>
      route.startsWith('DELETE')
    );
    expect(deleted).toHaveLength(1);
  });

  it.each([
    ['name', file({ name: 'b.bin' })],
    ['size', file({}, 'xyzz')],
    ['time', file({ lastModified: 2000 })]
  ])('is another one where its %s is another', async (_, other) => {
    model.uploads.stageFiles([other]);
    await tick();
    expect(model.snapshot.uploads).toHaveLength(1);
    expect(sent).toHaveLength(1);
  });

  it('is another one while this page sends the first', async () => {
    model.uploads.stageFiles([file()]);
    await tick();
    server.routes['GET uploads'] = {
      uploads: [upload({ id: 'c'.repeat(26), size: 3, state: 'receiving' })]
    };
    sent[0]?.options.onUpload('c'.repeat(26));
    await tick();
    model.uploads.stageFiles([file()]);
    await tick();
    expect(sent).toHaveLength(2);
    expect(model.snapshot.uploads).toHaveLength(1);
  });
});
