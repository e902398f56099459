import type { ILabStatus, JupyterFrontEnd } from '@jupyterlab/application';

import { FakeServer, problem } from '../../__tests__/fakeServer';
import { type HandSender, signedInModel } from '../../__tests__/handSender';
import { type PanelModel, localProblem } from '../../model';
import { APIError } from '../../transport';
import type { IOpenEOArtifacts } from '../tokens';
import { unloadGuardPlugin } from '../unloadguard';

describe('leaving the page', () => {
  let model: PanelModel;
  let sent: HandSender[];
  let dirty: number;

  beforeEach(async () => {
    ({ model, sent } = await signedInModel(new FakeServer()));
    dirty = 0;
    const setDirty = (): { dispose: () => void } => {
      dirty += 1;
      return { dispose: () => (dirty -= 1) };
    };
    await unloadGuardPlugin.activate(
      {} as JupyterFrontEnd,
      { model } as unknown as IOpenEOArtifacts,
      { setDirty } as unknown as ILabStatus
    );
  });

  afterEach(() => model.dispose());

  /** Whether it is asked, once what has changed is told. */
  async function asks(): Promise<boolean> {
    await new Promise(resolve => setTimeout(resolve));
    await new Promise(resolve => requestAnimationFrame(resolve));
    await new Promise(resolve => requestAnimationFrame(resolve));
    return dirty === 1;
  }

  it('is asked about while a file is sent, waits or can be tried again', async () => {
    expect(await asks()).toBe(false);
    model.uploads.stageFiles([new File(['x'], 'a.bin')]);
    expect(await asks()).toBe(true);
    sent[0]?.fail(new APIError(507, 'no', problem()));
    expect(await asks()).toBe(true);
    model.sender.dismiss(model.snapshot.queuedFiles[0]!.key);
    expect(await asks()).toBe(false);
    model.sender.waiting.hold('b.bin', () => undefined);
    expect(await asks()).toBe(true);
  });

  it('is not asked about for what can only be read', async () => {
    model.sender.refuse('folder', localProblem('folder', 'It is a folder.'));
    expect(await asks()).toBe(false);
  });
});
