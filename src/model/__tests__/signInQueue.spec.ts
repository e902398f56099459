import {
  BACKEND,
  FakeServer,
  connection,
  problem
} from '../../__tests__/fakeServer';
import { type HandSender, signedInModel } from '../../__tests__/handSender';
import { APIError } from '../../transport';
import type { PanelModel } from '../model';

const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('a file that was refused for want of a sign-in', () => {
  const file = new File(['x'], 'a.bin');
  let server: FakeServer;
  let model: PanelModel;
  let sent: HandSender[];

  beforeEach(async () => {
    server = new FakeServer();
    ({ model, sent } = await signedInModel(server));
  });

  afterEach(() => model.dispose());

  it('goes on by itself after a sign-in where it was refused for want of one', async () => {
    // Given: two that were refused, and the sentence that a command has said
    model.uploads.stageFiles([file, new File(['y'], 'b.bin')]);
    const code = 'not_signed_in';
    const refused = new APIError(409, 'no', problem({ code }));
    sent[0]?.fail(refused);
    sent[1]?.fail(new APIError(507, 'The disk is full.'));
    model.notices.failed(refused);
    await tick();
    server.routes['GET connections'] = { connections: [] };
    await model.read(new Set(['connections']));
    expect(model.snapshot.queuedFiles).toMatchObject([
      { state: 'refused' },
      { state: 'refused' }
    ]);

    // When
    const again = connection({ id: 'fedcba9876543210' });
    server.routes['POST connections'] = again;
    server.routes['GET connections'] = { connections: [again] };
    await model.session.choose(BACKEND);
    await tick();

    // Then: what was refused for something else stays
    expect(sent).toHaveLength(3);
    expect(sent[2]?.options).toMatchObject({
      file,
      connection: again.id,
      account: connection().account
    });
    expect(model.snapshot.queuedFiles).toMatchObject([
      { state: 'refused', name: 'b.bin' },
      { state: 'starting', name: 'a.bin' }
    ]);
    expect(model.notices.last).toBeNull();
  });

  it('does not send a file elsewhere than to the backend it was added for', async () => {
    model.uploads.stageFiles([file]);
    sent[0]?.fail(new APIError(409, 'no', problem({ code: 'not_signed_in' })));
    await tick();
    const other = connection({
      id: 'fedcba9876543210',
      backend: 'https://other.example'
    });
    server.routes['POST connections'] = other;
    server.routes['GET connections'] = { connections: [other] };
    await model.session.choose(other.backend);
    await tick();
    expect(sent).toHaveLength(1);
  });

  it('asks at the new connection where that of before is gone when its turn comes', async () => {
    model.uploads.stageFiles([file]);
    const again = connection({ id: 'fedcba9876543210' });
    server.routes['POST connections'] = again;
    server.routes['GET connections'] = { connections: [again] };
    await model.session.choose(BACKEND);
    sent[0]?.fail(
      new APIError(404, 'no', problem({ code: 'no_such_connection' }))
    );
    await tick();
    expect(sent[1]?.options).toMatchObject({ file, connection: again.id });
    // And no more often than once
    sent[1]?.fail(
      new APIError(404, 'no', problem({ code: 'no_such_connection' }))
    );
    await tick();
    expect(sent).toHaveLength(2);
    expect(model.snapshot.queuedFiles).toMatchObject([{ state: 'refused' }]);
  });
});
