import { Store } from '../store';
import type { FromKernel, FromPage, IUpload, IModel } from '../protocol';

/** A model whose kernel says what the test says. */
class FakeModel implements IModel {
  readonly sent: FromPage[] = [];

  send(content: FromPage): void {
    this.sent.push(content);
  }

  on(_event: 'msg:custom', callback: (message: FromKernel) => void): void {
    this.say = callback;
  }

  off(): void {
    this.say = () => undefined;
  }

  say: (message: FromKernel) => void = () => undefined;
}

function upload(told: Partial<IUpload>): IUpload {
  return {
    is: 'upload',
    upload: 'j',
    name: 'a.bin',
    state: 'receiving',
    size: 0,
    bytes_received: 0,
    bytes_stored: 0,
    speed: null,
    seconds_left: null,
    artifact: null,
    problem: null,
    can_retry: false,
    reused: false,
    awaits_confirmation: false,
    advice: null,
    ...told
  };
}

describe('a file that was in storage already', () => {
  let model: FakeModel;
  let store: Store;
  let heard: string[];

  beforeEach(async () => {
    jest.useFakeTimers();
    model = new FakeModel();
    store = new Store(model);
    heard = [];
    store.listen(text => heard.push(text));
    store.add([new File([], 'a.bin')]);
    const asked = model.sent.find(each => each.do === 'open');
    if (asked?.do !== 'open') {
      throw new Error('nothing was opened');
    }
    model.say({ is: 'opened', request: asked.request, upload: 'j' });
    await Promise.resolve();
    await Promise.resolve();
    model.say(upload({}));
  });

  afterEach(() => {
    store.dispose();
    jest.useRealTimers();
  });

  it('is said for eye and ear, with when it was staged, and goes after a while', () => {
    // Given
    const staged_at = new Date(new Date().setHours(14, 2)).toISOString();
    const uri = 's3://bucket/a.bin';
    const told = {
      backend: '',
      account: '',
      size: 0,
      origin: 'magic',
      staged_at,
      uri
    };
    const verified = 'etag' as const;
    const items = [{ artifact: 'x', name: 'a.bin', verified, ...told }];
    model.say({ is: 'artifacts', items });
    // When
    model.say(upload({ state: 'staged', artifact: 'x', reused: true }));
    model.say(upload({ state: 'staged', artifact: 'x', reused: true }));
    // Then
    const words =
      'Already in storage: the same file was staged at 14:02; not uploaded again.';
    expect(store.uploads.map(each => each.state)).toEqual([
      { is: 'over', text: words, wrong: false }
    ]);
    expect(heard).toEqual([`a.bin: ${words}`]);
    // When
    jest.advanceTimersByTime(15_001);
    // Then
    expect(store.uploads).toEqual([]);
  });

  it('is said without the time where the list has not come', () => {
    model.say(upload({ state: 'staged', artifact: 'x', reused: true }));
    expect(heard).toEqual(['a.bin: Already in storage; not uploaded again.']);
  });

  it('is no other staged file', () => {
    model.say(upload({ state: 'staged', artifact: 'x' }));
    expect(heard).toEqual(['a.bin is staged.']);
    expect(store.uploads).toEqual([]);
  });
});
