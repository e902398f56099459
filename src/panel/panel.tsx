import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import * as React from 'react';

import { DropTarget } from '../files';
import { artifactsIcon } from '../icon';
import { App } from './App';
import { type IPanelServices, PanelServices } from './context';
import { FocusKeeper } from './focus';

/**
 * The side panel: a Lumino widget that knows when it is seen and takes drops on its whole area; all
 * it shows is React.
 */
export class ArtifactsPanel extends ReactWidget {
  constructor(private readonly _services: IPanelServices) {
    super();
    const { trans, inserter, intake } = _services;
    this.addClass('jp-OpenEOArtifacts');
    this.title.icon = artifactsIcon;
    this.title.caption = trans.__('openEO artifacts');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('openEO artifacts'));
    this.node.tabIndex = -1;
    this.node.addEventListener('focusin', this);
    this._target = new DropTarget(this.node, {
      onHover: hovering => this._setHovering(hovering),
      onDropped: dropped => void intake.takeDropped(dropped),
      onPaths: paths => void intake.takePaths(paths)
    });
    this._focusKeeper = new FocusKeeper(this.node);
    this._leftBehind = element => inserter.point.leftBehind(element);
  }

  /** Whether a drag that could be dropped is over the panel. */
  get hovering(): boolean {
    return this._hovering;
  }

  get hoveringChanged(): ISignal<this, void> {
    return this._hoveringChanged;
  }

  handleEvent(event: Event): void {
    if (event.type === 'focusin') {
      const from = (event as FocusEvent).relatedTarget;
      // A menu or a dialog of ours gives the focus back; it was not where the person came from.
      if (
        from instanceof Element &&
        !this.node.contains(from) &&
        !from.closest('.lm-Menu, .jp-Dialog')
      ) {
        this._leftBehind(from);
      }
    }
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._services.model.visible = false;
    this.node.removeEventListener('focusin', this);
    this._focusKeeper.dispose();
    this._target.dispose();
    Signal.clearData(this);
    super.dispose();
  }

  protected render(): JSX.Element {
    return (
      <PanelServices.Provider value={this._services}>
        <App panel={this} />
      </PanelServices.Provider>
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._services.model.visible = true;
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._services.model.visible = this.isVisible;
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this._services.model.visible = false;
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  private _setHovering(hovering: boolean): void {
    if (hovering !== this._hovering) {
      this._hovering = hovering;
      this._hoveringChanged.emit();
    }
  }

  private readonly _target: DropTarget;
  private readonly _focusKeeper: FocusKeeper;
  private readonly _leftBehind: (element: Element) => void;
  private _hovering = false;
  private readonly _hoveringChanged = new Signal<this, void>(this);
}
