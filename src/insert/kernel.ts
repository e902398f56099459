import type { ISessionContext } from '@jupyterlab/apputils';
import type { KernelMessage } from '@jupyterlab/services';

/** How long a kernel may take to answer before it counts as busy (ms). */
const PATIENCE = 3000;

/** What a kernel says about running a line that needs our package. */
export type KernelAnswer =
  | { readonly state: 'ready'; readonly version: string | null }
  /** Python, without our package. */
  | { readonly state: 'missing' }
  /** Not Python. */
  | { readonly state: 'foreign'; readonly language: string }
  /** It did not answer in time. */
  | { readonly state: 'busy' }
  /** None is running. */
  | { readonly state: 'none' };

const FOUND =
  "__import__('importlib.util').util.find_spec('jupyter_openeo_artifacts') is not None";
const VERSION =
  "__import__('importlib.metadata').metadata.version('jupyter-openeo-artifacts')";

/**
 * Ask the kernel for its language and our package, without leaving a trace in it: a silent execution
 * of nothing, with two expressions to evaluate. Nothing is imported that was not there.
 */
export async function askKernel(
  sessionContext: ISessionContext | null,
  patience = PATIENCE
): Promise<KernelAnswer> {
  const kernel = sessionContext?.session?.kernel;
  if (!kernel || kernel.isDisposed || kernel.status === 'dead') {
    return { state: 'none' };
  }
  const late = new Promise<'late'>(resolve => {
    window.setTimeout(() => resolve('late'), patience);
  });
  const info = await Promise.race([kernel.info, late]);
  if (info === 'late') {
    return { state: 'busy' };
  }
  const language = info.language_info.name;
  if (language.toLowerCase() !== 'python') {
    return { state: 'foreign', language };
  }
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
    user_expressions: { found: FOUND, version: VERSION }
  });
  try {
    const reply = await Promise.race([future.done, late]);
    if (reply === 'late' || !reply) {
      return { state: 'busy' };
    }
    return readReply(reply);
  } catch {
    return { state: 'busy' }; // restarted or died while it was asked
  } finally {
    future.dispose();
  }
}

/**
 * The language of a kernel, in lower case; null where it is not known soon.
 *
 * A busy kernel has said it when it started, so this does not wait for it.
 */
export async function kernelLanguage(
  sessionContext: ISessionContext | null,
  patience = 500
): Promise<string | null> {
  const kernel = sessionContext?.session?.kernel;
  if (!kernel || kernel.isDisposed) {
    return null;
  }
  const late = new Promise<null>(resolve => {
    window.setTimeout(() => resolve(null), patience);
  });
  const info = await Promise.race([kernel.info, late]);
  return info?.language_info.name.toLowerCase() ?? null;
}

function readReply(reply: KernelMessage.IExecuteReplyMsg): KernelAnswer {
  if (reply.content.status !== 'ok') {
    return { state: 'busy' };
  }
  const expressions = reply.content.user_expressions as Record<
    string,
    { status?: string; data?: Record<string, string> } | undefined
  >;
  const value = (name: string): string | null => {
    const result = expressions[name];
    return result?.status === 'ok' ? (result.data?.['text/plain'] ?? '') : null;
  };
  if (value('found') !== 'True') {
    return { state: 'missing' };
  }
  return {
    state: 'ready',
    version: value('version')?.replace(/^['"]|['"]$/g, '') ?? null
  };
}
