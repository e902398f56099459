import {
  act,
  fireEvent,
  getByRole,
  waitFor,
  within
} from '@testing-library/react';

import { FakeKernel } from '../../__tests__/fakeKernel';
import type { Catalogue } from '../../text/translator';
import widget from '..';
import type { IWidgetModel } from '../store';

/** Widgets in the page, on a fake kernel. */
export class ShownWidget {
  readonly kernel = new FakeKernel();
  root!: HTMLElement;

  /** An anywidget model on the kernel. */
  readonly model: IWidgetModel = {
    send: (content, _, buffers) => this.kernel.send(content, buffers),
    on: (event, callback) => void this._heard.set(event, callback),
    off: event => void this._heard.delete(event)
  };

  /** Show it, as its owner sees it after the first answers. */
  async show(catalogue: Catalogue = {}): Promise<HTMLElement> {
    const { initialize, render } = widget(catalogue);
    const said = (text: string): string => catalogue[text]?.[0] ?? text;
    this.kernel.listen(
      message => this._heard.get('msg:custom')?.(message),
      () => this._heard.get('comm_live_update')?.(undefined)
    );
    this._end.push(initialize({ model: this.model }));
    const el = document.createElement('div');
    document.body.append(el);
    act(() => {
      this._end.push(render({ el }));
    });
    this.root = await waitFor(() =>
      getByRole(el, 'group', { name: said('openEO artifact uploader') })
    );
    await within(this.root).findByText(said('Drop files here, or'));
    return this.root;
  }

  drop(...files: File[]): void {
    this._drop(
      files,
      files.map(file => ({
        kind: 'file',
        getAsFile: () => file,
        webkitGetAsEntry: () => ({ isDirectory: false, name: file.name })
      }))
    );
  }

  dropFolder(name: string, ...files: File[]): void {
    const entries = files.map(file => ({
      name: file.name,
      isFile: true,
      file: (take: (found: File) => void) => take(file)
    }));
    const entry = {
      name,
      isDirectory: true,
      createReader: () => ({
        readEntries: (take: (found: readonly object[]) => void) =>
          take(entries.splice(0))
      })
    };
    this._drop(
      [],
      [{ kind: 'file', getAsFile: () => null, webkitGetAsEntry: () => entry }]
    );
  }

  dispose(): void {
    act(() => this._end.reverse().forEach(stop => stop()));
    document.body.replaceChildren();
  }

  private _drop(files: readonly File[], items: readonly object[]): void {
    const event = new Event('drop', { bubbles: true, cancelable: true });
    Object.assign(event, { dataTransfer: { items, files, types: ['Files'] } });
    fireEvent(within(this.root).getByText('Drop files here, or'), event);
  }

  private readonly _end: (() => void)[] = [];
  private readonly _heard = new Map<string, (message: unknown) => void>();
}
