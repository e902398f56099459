import widget, { WAITING } from '../loader';

declare const globalThis: { APPLICATION: string } & typeof global;

describe('the loader that notebooks keep', () => {
  const listeners = new Set<(message: unknown) => void>();
  const sent: { method?: string }[] = [];
  const model = {
    send: (message: object) => void sent.push(message),
    on: (_: string, hear: (message: unknown) => void) =>
      void listeners.add(hear),
    off: (_: string, hear: (message: unknown) => void) =>
      void listeners.delete(hear)
  };

  beforeEach(() => {
    globalThis.APPLICATION = 'digest';
    jest.useFakeTimers();
    listeners.clear();
    sent.length = 0;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('asks the kernel for the application, and says so where it does not answer', async () => {
    // Given
    const { initialize, render } = widget();
    const el = document.createElement('div');
    // When
    initialize({ model });
    const hide = render({ el });
    await jest.advanceTimersByTimeAsync(900);
    // Then
    expect(sent).toMatchObject([{ method: 'getApplication' }]);
    expect(el.textContent).toBe('');
    await jest.advanceTimersByTimeAsync(200);
    expect(el.textContent).toBe(WAITING);
    // And: nothing is left of it
    hide();
    expect(el.childNodes).toHaveLength(0);
  });

  it('says where the browser does not run it', async () => {
    // Given: blobs cannot be imported here, as where a policy forbids it
    const { initialize, render } = widget();
    const el = document.createElement('div');
    initialize({ model });
    render({ el });
    // When
    for (const hear of [...listeners]) {
      hear({ id: 'another' });
      hear({ id: 'digest', result: { script: '', style: '' } });
    }
    await jest.advanceTimersByTimeAsync(2_000);
    // Then
    expect(el.textContent).toMatch('does not let');
    expect(listeners.size).toBe(0);
  });
});
