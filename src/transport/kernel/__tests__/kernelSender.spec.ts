import { FakeKernel, Refusal, fileOf } from '../../../__tests__/fakeKernel';
import { APIError } from '../../error';
import type { ISender } from '../../transport';
import { KernelTransport } from '../kernel';

const MIB = 1024 * 1024;
const UPLOAD = 'u'.repeat(26);

describe('a file on its way to a kernel', () => {
  let kernel: FakeKernel;
  let transport: KernelTransport;
  let here: number;
  let waits: boolean[];
  let made: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    kernel = new FakeKernel();
    transport = new KernelTransport(kernel);
    here = 0;
    waits = [];
    made = [];
    kernel.replies.createTusUpload = () => ({ upload: UPLOAD, offset: 0 });
    kernel.replies.sendBytes = ({ params, bytes }) => {
      const offset = Number(params.offset);
      const kept = offset <= here;
      if (kept) {
        here = Math.max(here, offset + (bytes ?? 0));
      }
      return { offset: here, kept };
    };
    kernel.replies.getTusOffset = () => ({ offset: here, size: 0 });
    kernel.replies.confirmUpload = () => ({});
    kernel.replies.terminateTusUpload = () => null;
  });

  afterEach(() => {
    transport.dispose();
    jest.useRealTimers();
  });

  function send(size: number, upload?: string): ISender {
    const sender = transport.send({
      file: fileOf(size),
      upload,
      onUpload: id => made.push(id),
      onWaiting: waiting => waits.push(waiting)
    });
    sender.done.catch(() => undefined);
    sender.start();
    return sender;
  }

  /** Let promises settle, and `ms` go by. */
  async function pass(ms = 0): Promise<void> {
    await jest.advanceTimersByTimeAsync(ms);
    for (let turn = 0; turn < 200; turn += 1) {
      await Promise.resolve();
    }
  }

  it('goes in chunks, each once, and is confirmed when all is there', async () => {
    const sender = send(10.5 * MIB);
    await pass();
    await sender.done;
    expect(made).toEqual([UPLOAD]);
    expect(here).toBe(10.5 * MIB);
    expect(kernel.of('createTusUpload')[0]?.params).toEqual({
      name: 'a.bin',
      size: 10.5 * MIB,
      confirm: true
    });
    const bytes = kernel.of('sendBytes').map(each => each.bytes ?? 0);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBe(10.5 * MIB);
    expect(kernel.of('confirmUpload').map(({ params }) => params)).toEqual([
      {
        upload: UPLOAD,
        body: { unchanged: true, digest: 'd'.repeat(64) }
      }
    ]);
    expect(waits).toEqual([]);
  });

  it('is made and confirmed where it is empty', async () => {
    const sender = send(0);
    await pass();
    await sender.done;
    expect(kernel.of('sendBytes')).toEqual([]);
    expect(kernel.of('confirmUpload')).toHaveLength(1);
  });

  it('goes back once where a chunk was lost', async () => {
    const keep = kernel.replies.sendBytes!;
    let lost = false;
    kernel.replies.sendBytes = asked => {
      if (!lost && asked.params.offset === MIB) {
        lost = true;
        return undefined;
      }
      return keep(asked);
    };
    const sender = send(6 * MIB);
    await pass();
    await sender.done;
    const offsets = kernel.of('sendBytes').map(each => each.params.offset);
    expect(offsets.filter(offset => offset === MIB)).toHaveLength(2);
    expect(here).toBe(6 * MIB);
  });

  it('asks where the kernel is after ten silent seconds, and goes on from there', async () => {
    // Given a kernel that keeps bytes, whose answers are lost
    const keep = kernel.replies.sendBytes!;
    let losing = true;
    kernel.replies.sendBytes = asked => {
      const answer = keep(asked);
      return losing ? undefined : answer;
    };
    const sender = send(6 * MIB);
    await pass(9000);
    expect(kernel.of('getTusOffset')).toEqual([]);
    expect(waits).toEqual([]);

    // When
    losing = false;
    await pass(3000);

    // Then
    await sender.done;
    expect(kernel.of('getTusOffset')).toHaveLength(1);
    expect(waits).toEqual([true, false]);
    expect(here).toBe(6 * MIB);
    const offsets = kernel.of('sendBytes').map(each => each.params.offset);
    expect(new Set(offsets).size).toBe(offsets.length);
  });

  it('waits where there is no room, and tries again from what is there', async () => {
    const keep = kernel.replies.sendBytes!;
    kernel.replies.sendBytes = () => new Refusal(507, { offset: 0 });
    const sender = send(3 * MIB);
    await pass(9000);
    const before = kernel.of('sendBytes').length;
    kernel.replies.sendBytes = keep;
    await pass(2000);
    await sender.done;
    expect(kernel.of('sendBytes').length).toBeGreaterThan(before);
    expect(here).toBe(3 * MIB);
  });

  it('says that the kernel was restarted where it does not know the upload', async () => {
    kernel.replies.sendBytes = () => new Refusal(404);
    const sender = send(3 * MIB);
    await pass();
    await expect(sender.done).rejects.toMatchObject({
      code: 'kernel_restarted'
    });
    await pass(60_000);
    expect(kernel.of('getTusOffset')).toEqual([]);
  });

  it('says that the kernel is gone where the line is cut in the middle', async () => {
    kernel.replies.sendBytes = () => undefined;
    const sender = send(6 * MIB);
    await pass(1000);
    kernel.cut = true;
    await pass(12_000);
    await expect(sender.done).rejects.toMatchObject({ code: 'kernel_gone' });
  });

  it('says that there is no kernel where it was cut before', async () => {
    kernel.cut = true;
    const sender = send(MIB);
    await expect(sender.done).rejects.toMatchObject({ outage: 'stopped' });
  });

  it('hands a refusal on, with what to do', async () => {
    kernel.replies.createTusUpload = () => new Refusal(401);
    const sender = send(MIB);
    await pass();
    const error: APIError = await sender.done.then(
      () => Promise.reject(new Error('it was sent')),
      (found: APIError) => found
    );
    expect(error.problem).toMatchObject({
      message: 'It did not work.',
      todo: 'Do it again.'
    });
    expect(error.status).toBe(401);
  });

  it('goes on with an upload from the offset that the kernel has', async () => {
    here = 2 * MIB;
    const sender = send(3 * MIB, UPLOAD);
    await pass();
    await sender.done;
    expect(kernel.of('createTusUpload')).toEqual([]);
    expect(kernel.of('sendBytes').map(each => each.params.offset)).toEqual([
      2 * MIB
    ]);
  });

  it('tells a second time that the file is whole where the answer was lost', async () => {
    kernel.replies.confirmUpload = () => undefined;
    const sender = send(MIB);
    await pass(61_000);
    kernel.replies.confirmUpload = () => ({});
    await pass(30_000);
    await sender.done;
    expect(kernel.of('confirmUpload').length).toBeGreaterThanOrEqual(2);
  });

  it('is taken off the kernel where the person was quicker than its answer', async () => {
    kernel.held = true;
    const sender = send(MIB);
    sender.abort();
    await sender.done;
    kernel.held = false;
    kernel.answer(kernel.asked[0]!);
    await pass();
    expect(made).toEqual([]);
    expect(kernel.of('terminateTusUpload')[0]?.params).toEqual({
      upload: UPLOAD
    });
  });

  it('waits for a busy kernel as long as it takes to be asked', async () => {
    kernel.held = true;
    const sender = send(MIB);
    await pass(45_000);
    expect(waits).toEqual([true]);
    kernel.held = false;
    kernel.answer(kernel.asked[0]!);
    await pass();
    await sender.done;
    expect(waits).toEqual([true, false]);
    expect(made).toEqual([UPLOAD]);
  });
});
