import { FakeKernel, Refusal } from '../../../__tests__/fakeKernel';
import { upload } from '../../../__tests__/fakeServer';
import type { Change } from '../../transport';
import { KernelTransport } from '../kernel';

describe('the line to a kernel', () => {
  let kernel: FakeKernel;
  let transport: KernelTransport;

  beforeEach(() => {
    jest.useFakeTimers();
    kernel = new FakeKernel();
    transport = new KernelTransport(kernel);
  });

  afterEach(() => {
    transport.dispose();
    jest.useRealTimers();
  });

  /** What became of a request, once it is settled. */
  async function outcome(work: Promise<unknown>, ms: number): Promise<unknown> {
    let found: unknown = 'pending';
    work.then(
      value => (found = value),
      (error: unknown) => (found = error)
    );
    await jest.advanceTimersByTimeAsync(ms);
    return found;
  }

  it('names the operation and its parameters, and takes the document', async () => {
    kernel.replies.getUpload = ({ params }) =>
      upload({ id: String(params.upload) });
    const found = transport.request('getUpload', { upload: 'x' });
    expect(await outcome(found, 0)).toEqual(upload({ id: 'x' }));
  });

  it('keeps the problem of a refusal, with its status', async () => {
    kernel.replies.getUpload = () => new Refusal(404);
    const found = transport.request('getUpload', { upload: 'x' });
    expect(await outcome(found, 0)).toMatchObject({
      status: 404,
      outage: null,
      problem: { code: 'some_code', todo: 'Do it again.', who: 'you' }
    });
  });

  it('waits ten seconds for a silent kernel', async () => {
    kernel.held = true;
    const found = transport.request('listUploads', {});
    expect(await outcome(found, 9_999)).toBe('pending');
    expect(await outcome(found, 2)).toMatchObject({ outage: 'unanswered' });
  });

  it('waits longer for one that speaks meanwhile, and not for ever', async () => {
    kernel.held = true;
    const found = transport.request('listUploads', {});
    await jest.advanceTimersByTimeAsync(5000);
    kernel.change('uploads', upload());
    expect(await outcome(found, 20_000)).toBe('pending');
    expect(await outcome(found, 36_000)).toMatchObject({
      outage: 'unanswered'
    });
  });

  it('leaves alone what is answered to another tab', async () => {
    kernel.held = true;
    const found = transport.request('listUploads', {});
    kernel.say({ id: 'of another', result: { uploads: [upload()] } });
    expect(await outcome(found, 0)).toBe('pending');
  });

  it('tells that there is no kernel', async () => {
    kernel.cut = true;
    const found = transport.request('listUploads', {});
    expect(await outcome(found, 0)).toMatchObject({ outage: 'stopped' });
    expect(await transport.isThere()).toBe(false);
  });

  it('hands changes on with their values', () => {
    const heard: Change[] = [];
    transport.changes.connect((_, change) => heard.push(change));
    kernel.change('uploads', upload({ state: 'verifying' }));
    expect(heard).toEqual([
      {
        resource: 'uploads',
        id: upload().id,
        state: 'verifying',
        value: upload({ state: 'verifying' })
      }
    ]);
  });

  it('gives a request up where its signal says so', async () => {
    kernel.held = true;
    const stop = new AbortController();
    const found = transport.request('listUploads', {}, stop.signal);
    stop.abort();
    expect(await outcome(found, 0)).toMatchObject({ name: 'AbortError' });
  });
});
