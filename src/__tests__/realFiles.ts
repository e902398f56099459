import { Blob as NodeBlob, File as NodeFile } from 'node:buffer';

/** Give a test the files of Node, whose bytes can be read; those of jsdom cannot. */
export function useRealFiles(): void {
  const before = { Blob: globalThis.Blob, File: globalThis.File };
  beforeAll(() => {
    Object.assign(globalThis, { Blob: NodeBlob, File: NodeFile });
  });
  afterAll(() => {
    Object.assign(globalThis, before);
  });
}
