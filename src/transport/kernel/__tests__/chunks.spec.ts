import { LARGEST_CHUNK, Chunks } from '../chunks';

/** A kernel that keeps bytes as chunk_receiver.py does, on a line that may lose a message. */
class FakeLine {
  constructor(readonly file: Blob) {
    this.sending = new Chunks(file, {
      post: (offset, bytes) => this.posted.push([offset, bytes.byteLength]),
      unreadable: () => {
        this.unreadable = true;
      },
      now: () => this.now
    });
  }

  /** Let the page read its file. */
  async read(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) {
      await Promise.resolve();
      await new Promise(resolve => setTimeout(resolve, 0));
    }
  }

  /** Take the next chunk on its way, and answer. */
  take(took = 2000): void {
    const [offset, length] = this.posted.shift()!;
    this.now += took;
    const early = offset > this.here;
    if (!early) {
      this.here = Math.max(this.here, offset + length);
    }
    this.sending.heard(this.here, early ? 'early' : 'kept');
  }

  readonly sending: Chunks;
  readonly posted: [number, number][] = [];
  here = 0;
  now = 0;
  unreadable = false;
}

const MIB = 1024 * 1024;

function blob(size: number): Blob {
  const file = {
    size,
    slice: (start: number, end: number) => ({
      arrayBuffer: async () => new ArrayBuffer(end - start)
    })
  };
  return file as unknown as Blob;
}

describe('Chunks', () => {
  it('has four chunks on their way, and no more before an answer', async () => {
    const kernel = new FakeLine(blob(100 * MIB));
    kernel.sending.start();
    await kernel.read();
    expect(kernel.posted).toEqual([
      [0, MIB],
      [MIB, MIB],
      [2 * MIB, MIB],
      [3 * MIB, MIB]
    ]);
    kernel.take();
    await kernel.read();
    expect(kernel.posted).toHaveLength(4);
    expect(kernel.sending.received).toBe(MIB);
  });

  it('sends every byte once where nothing is lost', async () => {
    const kernel = new FakeLine(blob(10.5 * MIB));
    kernel.sending.start();
    let sent = 0;
    await kernel.read();
    while (kernel.posted.length > 0) {
      sent += kernel.posted[0]![1];
      kernel.take();
      await kernel.read();
    }
    expect(sent).toBe(10.5 * MIB);
    expect(kernel.sending.complete).toBe(true);
  });

  it('goes back once where a chunk was lost', async () => {
    const kernel = new FakeLine(blob(6 * MIB));
    kernel.sending.start();
    await kernel.read();
    kernel.posted.shift(); // lost
    kernel.take();
    kernel.take();
    kernel.take();
    await kernel.read();
    expect(kernel.posted.map(([offset]) => offset)).toEqual([
      0,
      MIB,
      2 * MIB,
      3 * MIB
    ]);
    for (let turn = 0; turn < 6; turn += 1) {
      kernel.take();
      await kernel.read();
    }
    expect(kernel.sending.complete).toBe(true);
  });

  it('sends nothing again because a chunk came twice', async () => {
    const kernel = new FakeLine(blob(6 * MIB));
    kernel.sending.start();
    await kernel.read();
    kernel.posted.splice(1, 0, kernel.posted[0]!);
    kernel.take();
    kernel.take();
    await kernel.read();
    expect(kernel.posted.map(([offset]) => offset)).toEqual([
      MIB,
      2 * MIB,
      3 * MIB,
      4 * MIB
    ]);
  });

  it('goes on from where the kernel is when that was asked', async () => {
    const kernel = new FakeLine(blob(6 * MIB));
    kernel.sending.start();
    await kernel.read();
    kernel.posted.length = 0; // all lost
    kernel.sending.hold();
    await kernel.read();
    expect(kernel.posted).toEqual([]);
    kernel.sending.heard(0, 'asked');
    await kernel.read();
    expect(kernel.posted[0]).toEqual([0, MIB]);
  });

  it('lets chunks grow while answers are fast, up to what Jupyter takes', async () => {
    const kernel = new FakeLine(blob(2000 * MIB));
    kernel.sending.start();
    await kernel.read();
    for (let turn = 0; turn < 40; turn += 1) {
      kernel.take(1);
      await kernel.read();
    }
    const largest = Math.max(...kernel.posted.map(([, length]) => length));
    expect(largest).toBe(LARGEST_CHUNK);
    expect(LARGEST_CHUNK).toBeLessThanOrEqual(8 * MIB);
  });

  it('lets chunks shrink on a slow line', async () => {
    const kernel = new FakeLine(blob(100 * MIB));
    kernel.sending.start();
    await kernel.read();
    for (let turn = 0; turn < 12; turn += 1) {
      kernel.take(20_000);
      await kernel.read();
    }
    expect(kernel.posted.at(-1)![1]).toBeLessThan(MIB);
  });

  it('sends nothing after it was stopped', async () => {
    const kernel = new FakeLine(blob(6 * MIB));
    kernel.sending.start();
    kernel.sending.stop();
    await kernel.read();
    expect(kernel.posted).toEqual([]);
    kernel.sending.start(MIB);
    await kernel.read();
    expect(kernel.posted[0]).toEqual([MIB, MIB]);
  });

  it('says that the file cannot be read', async () => {
    const file = {
      size: 3,
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) })
    };
    const kernel = new FakeLine(file as unknown as Blob);
    kernel.sending.start();
    await kernel.read();
    expect(kernel.unreadable).toBe(true);
    expect(kernel.posted).toEqual([]);
  });
});
