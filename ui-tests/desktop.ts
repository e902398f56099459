import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Locator, Page } from '@playwright/test';

export interface IFile {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  /** Hex digits. */
  readonly sha256: string;
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A person's desktop: files outside of Jupyter, and a hand that drags them into the browser. */
export class Desktop {
  constructor(
    private readonly _page: Page,
    private readonly _folder: string
  ) {}

  /** A file with these bytes; random ones, as many as said, where none are given. */
  file(name: string, content: number | Buffer | string): IFile {
    const bytes =
      typeof content === 'number'
        ? randomBytes(content)
        : Buffer.from(content as Buffer);
    const place = path.join(this._folder, name);
    fs.writeFileSync(place, bytes);
    return { path: place, name, size: bytes.length, sha256: sha256(bytes) };
  }

  folder(name: string): string {
    const place = path.join(this._folder, name);
    fs.mkdirSync(place);
    fs.writeFileSync(path.join(place, 'inside.txt'), 'inside');
    return place;
  }

  /**
   * Drag files from the operating system onto an element. The browser makes the drag events and
   * opens the files itself; nothing goes through the page's scripts.
   */
  async drop(target: Locator, ...paths: string[]): Promise<void> {
    await this.dragOver(target, ...paths);
    await this.letGo(target, ...paths);
  }

  /** The same, without letting go. */
  async dragOver(target: Locator, ...paths: string[]): Promise<void> {
    await this._send('dragEnter', paths, target);
    await this._send('dragOver', paths, target);
  }

  /** Let go of what was dragged there. */
  async letGo(target: Locator, ...paths: string[]): Promise<void> {
    await this._send('drop', paths, target);
  }

  /** Take the drag away without letting go. */
  async leave(): Promise<void> {
    const devtools = await this._page.context().newCDPSession(this._page);
    await devtools.send('Input.dispatchDragEvent', {
      type: 'dragCancel',
      x: 0,
      y: 0,
      data: { items: [], dragOperationsMask: 1 }
    });
    await devtools.detach();
  }

  clear(): void {
    for (const name of fs.readdirSync(this._folder)) {
      fs.rmSync(path.join(this._folder, name), { recursive: true });
    }
  }

  private async _send(
    type: 'dragEnter' | 'dragOver' | 'drop',
    files: string[],
    target: Locator
  ): Promise<void> {
    const box = await target.boundingBox();
    if (box === null) {
      throw new Error('The place to drop on is not on the screen.');
    }
    const devtools = await this._page.context().newCDPSession(this._page);
    await devtools.send('Input.dispatchDragEvent', {
      type,
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      data: { items: [], files, dragOperationsMask: 1 }
    });
    await devtools.detach();
  }
}
