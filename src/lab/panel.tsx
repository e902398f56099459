import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { type ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';

import { App, FocusKeeper, type IHost } from '../app';
import { carriesFiles, readDropped } from '../files';
import { type IPanelOptions, LabHost } from './host';
import { artifactsIcon } from './icon';

/**
 * The side panel: a Lumino widget that knows when it is seen and takes drops on its whole area; all
 * it shows is React.
 */
export class ArtifactsPanel extends ReactWidget {
  constructor(private readonly _options: IPanelOptions) {
    super();
    const { trans, inserter } = _options;
    this.addClass('jp-OpenEOArtifacts');
    this.title.icon = artifactsIcon;
    this.title.caption = trans.__('openEO artifacts');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('openEO artifacts'));
    this.node.tabIndex = -1;
    this.node.addEventListener('focusin', this);
    this.node.addEventListener('paste', this);
    this._host = new LabHost(_options);
    this._focusKeeper = new FocusKeeper(this.node);
    this._leftBehind = element => inserter.point.leftBehind(element);
  }

  /** It came into sight, or went out of it. */
  get sighted(): ISignal<this, boolean> {
    return this._sighted;
  }

  handleEvent(event: Event): void {
    if (event.type === 'paste') {
      this._onPaste(event as ClipboardEvent);
      return;
    }
    if (event.type === 'focusin') {
      const from = (event as FocusEvent).relatedTarget;
      // A dialog of ours gives the focus back; it was not where the person came from.
      if (
        from instanceof Element &&
        !this.node.contains(from) &&
        !from.closest('.jp-Dialog')
      ) {
        this._leftBehind(from);
      }
    }
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._options.model.visible = false;
    this.node.removeEventListener('focusin', this);
    this.node.removeEventListener('paste', this);
    Signal.clearData(this);
    this._focusKeeper.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    const { model, stored } = this._options;
    return <App model={model} host={this._host} stored={stored} />;
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._look();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._look();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this._look();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  private _look(): void {
    this._options.model.visible = this.isVisible;
    this._sighted.emit(this.isVisible);
  }

  /** Take files of the clipboard; text goes where the cursor is. */
  private _onPaste(event: ClipboardEvent): void {
    const { clipboardData } = event;
    if (carriesFiles(clipboardData) && clipboardData) {
      event.preventDefault();
      void this._host.take(readDropped(clipboardData));
    }
  }

  private readonly _sighted = new Signal<this, boolean>(this);
  private readonly _host: IHost;
  private readonly _focusKeeper: FocusKeeper;
  private readonly _leftBehind: (element: Element) => void;
}
