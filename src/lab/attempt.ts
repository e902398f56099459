import type { ReadonlyJSONObject } from '@lumino/coreutils';

import { type ArtifactsModel } from '../model';

/** Do it, and say what went wrong: a command's caller is mostly a button. */
export async function attempt(
  model: ArtifactsModel,
  work: () => Promise<void>
): Promise<void> {
  try {
    await work();
  } catch (error) {
    model.notices.failed(error);
  }
}

/** What a command that works on one thing of the model takes. */
export function idArgs(description: string): ReadonlyJSONObject {
  return {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string', description } }
  };
}
