import widget, { GONE, WAITING } from '../loader';

declare const globalThis: { APPLICATION: string } & typeof global;

describe('the loader that notebooks keep', () => {
  const listeners = new Set<(message: unknown) => void>();
  const sent: { method?: string }[] = [];
  const model = {
    send: (message: object) => void sent.push(message),
    on: (_: string, hear: (message: unknown) => void) =>
      void listeners.add(hear),
    off: (_: string, hear: (message: unknown) => void) =>
      void listeners.delete(hear),
    widget_manager: {}
  };

  beforeEach(() => {
    globalThis.APPLICATION = 'digest';
    jest.useFakeTimers();
    listeners.clear();
    sent.length = 0;
    model.widget_manager = {};
  });

  afterEach(() => {
    jest.useRealTimers();
    document.documentElement.lang = '';
  });

  it('asks the kernel for the application, and says so where it does not answer', async () => {
    // Given
    document.documentElement.lang = 'de-DE';
    const { initialize, render } = widget();
    const el = document.createElement('div');
    // When
    initialize({ model });
    const hide = render({ el });
    await jest.advanceTimersByTimeAsync(900);
    // Then
    expect(sent).toMatchObject([
      { method: 'getApplication', params: { language: 'de-DE' } }
    ]);
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

  it('asks once for all widgets of a kernel, and once for each kernel', async () => {
    widget().initialize({ model });
    widget().initialize({ model: { ...model } });
    await jest.advanceTimersByTimeAsync(900);
    expect(sent).toHaveLength(1);
    widget().initialize({ model: { ...model, widget_manager: {} } });
    await jest.advanceTimersByTimeAsync(900);
    expect(sent).toHaveLength(2);
  });

  it.each([
    ['is closed', 0],
    ['gets no answer for long', 10_000]
  ])('asks for itself where the one that asked %s', async (_, after) => {
    // Given
    const close = widget().initialize({ model });
    widget().initialize({ model: { ...model } });
    await jest.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(1);
    // When
    if (after === 0) {
      close();
    }
    await jest.advanceTimersByTimeAsync(after);
    // Then
    expect(sent).toHaveLength(2);
  });

  it.each(['a line that has ended before', 'a line that ends'])(
    'tells of %s that the kernel is gone',
    async when => {
      // Given
      const heard = new Map<string, (message: unknown) => void>();
      const before = when.endsWith('before');
      const { initialize, render } = widget();
      const el = document.createElement('div');
      const dead = {
        ...model,
        send: () => {
          if (before) {
            throw new Error('Cannot send');
          }
        },
        on: (event: string, hear: (message: unknown) => void) =>
          void heard.set(event, hear)
      };
      // When
      initialize({ model: dead });
      render({ el });
      await jest.advanceTimersByTimeAsync(1);
      if (!before) {
        heard.get('comm_live_update')?.(undefined);
      }
      await jest.advanceTimersByTimeAsync(1);
      // Then
      expect(el.textContent).toBe(GONE);
    }
  );
});
