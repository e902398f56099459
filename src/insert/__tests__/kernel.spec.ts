import type { ISessionContext } from '@jupyterlab/apputils';

import { askKernel, kernelLanguage } from '../kernel';

interface IFake {
  language?: string;
  reply?: unknown;
  silentForever?: boolean;
}

function context({ language = 'python', reply, silentForever }: IFake): {
  context: ISessionContext;
  asked: jest.Mock;
  dispose: jest.Mock;
} {
  const dispose = jest.fn();
  const asked = jest.fn(() => ({
    done: silentForever
      ? new Promise(() => undefined)
      : Promise.resolve({ content: reply }),
    dispose
  }));
  const kernel = {
    isDisposed: false,
    status: 'idle',
    info: Promise.resolve({ language_info: { name: language } }),
    requestExecute: asked
  };
  return {
    context: { session: { kernel } } as unknown as ISessionContext,
    asked,
    dispose
  };
}

function answer(found: string, version: unknown): unknown {
  return {
    status: 'ok',
    user_expressions: {
      found: { status: 'ok', data: { 'text/plain': found } },
      version
    }
  };
}

describe('askKernel', () => {
  it('finds the package and its version, and leaves no trace', async () => {
    const fake = context({
      reply: answer('True', { status: 'ok', data: { 'text/plain': "'0.1.0'" } })
    });
    expect(await askKernel(fake.context)).toEqual({
      state: 'ready',
      version: '0.1.0'
    });
    expect(fake.asked).toHaveBeenCalledWith(
      expect.objectContaining({ code: '', silent: true, store_history: false })
    );
    expect(fake.dispose).toHaveBeenCalled();
  });

  it('finds it without a version where it is not installed but importable', async () => {
    const fake = context({ reply: answer('True', { status: 'error' }) });
    expect(await askKernel(fake.context)).toEqual({
      state: 'ready',
      version: null
    });
  });

  it('says that it is missing', async () => {
    const fake = context({ reply: answer('False', { status: 'error' }) });
    expect(await askKernel(fake.context)).toEqual({ state: 'missing' });
  });

  it('asks no kernel of another language to run Python', async () => {
    const fake = context({ language: 'R' });
    expect(await askKernel(fake.context)).toEqual({
      state: 'foreign',
      language: 'R'
    });
    expect(fake.asked).not.toHaveBeenCalled();
  });

  it('takes a kernel that does not answer in time for busy', async () => {
    const fake = context({ silentForever: true });
    expect(await askKernel(fake.context, 20)).toEqual({ state: 'busy' });
    expect(fake.dispose).toHaveBeenCalled();
  });

  it('takes a failed answer for no answer', async () => {
    const fake = context({ reply: { status: 'aborted' } });
    expect(await askKernel(fake.context)).toEqual({ state: 'busy' });
  });

  it('says that no kernel runs', async () => {
    expect(await askKernel(null)).toEqual({ state: 'none' });
    expect(
      await askKernel({ session: null } as unknown as ISessionContext)
    ).toEqual({ state: 'none' });
  });
});

describe('kernelLanguage', () => {
  it('is known of a busy kernel without asking it', async () => {
    const fake = context({ language: 'R', silentForever: true });
    expect(await kernelLanguage(fake.context)).toBe('r');
    expect(fake.asked).not.toHaveBeenCalled();
  });

  it('is not known where no kernel runs, or it has not said it yet', async () => {
    expect(await kernelLanguage(null)).toBeNull();
    const kernel = { isDisposed: false, info: new Promise(() => undefined) };
    expect(
      await kernelLanguage(
        { session: { kernel } } as unknown as ISessionContext,
        10
      )
    ).toBeNull();
  });
});
