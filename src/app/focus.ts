import type { IDisposable } from '@lumino/disposable';

/**
 * Keep the focus in a region when the element that has it is removed.
 *
 * A browser gives it to the page's body then, where a screen reader begins anew at the top.
 */
export class FocusKeeper implements IDisposable {
  constructor(private readonly _region: HTMLElement) {
    _region.addEventListener('focusin', this);
    _region.addEventListener('focusout', this);
    this._observer = new MutationObserver(() => this._keep());
    this._observer.observe(_region, { childList: true, subtree: true });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._observer.disconnect();
    this._region.removeEventListener('focusin', this);
    this._region.removeEventListener('focusout', this);
    this._focused = null;
  }

  handleEvent(event: FocusEvent): void {
    if (event.type === 'focusin') {
      this._focused = event.target as Element;
      return;
    }
    const left = event.target as Element;
    // Some browsers tell a removal as a focusout, when the element is still there.
    queueMicrotask(() => {
      if (
        this._focused === left &&
        left.isConnected &&
        this._active() !== left
      ) {
        this._focused = null;
      }
    });
  }

  private _keep(): void {
    if (this._focused === null || this._focused.isConnected) {
      return;
    }
    this._focused = null;
    const active = this._active();
    if (active === null || active === document.body) {
      this._region.focus();
    }
  }

  /** What has the focus, also where the region is in a shadow. */
  private _active(): Element | null {
    const root = this._region.getRootNode();
    return root instanceof ShadowRoot
      ? root.activeElement
      : document.activeElement;
  }

  private readonly _observer: MutationObserver;
  private _focused: Element | null = null;
  private _isDisposed = false;
}
