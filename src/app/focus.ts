import type { IDisposable } from '@lumino/disposable';

/** A row of a list, as Grid marks it. */
const ROW = '[data-row]';

/** Where something was in its list. */
interface IPlaceInList {
  readonly section: Element;
  readonly row: HTMLElement;
  /** All rows, in their order. */
  readonly rows: readonly HTMLElement[];
}

/**
 * Keep the focus in a region when the element that has it is removed: in a list, it goes to the row
 * that was around it, else to the one after, else to the one before, else to the heading.
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
      this._place = placeOf(this._focused);
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
    if (this._focused === null) {
      return;
    }
    const active = this._active();
    const lost = active === null || active === document.body;
    if (this._focused.isConnected) {
      this._place = placeOf(this._focused);
      if (lost) {
        (this._focused as HTMLElement).focus(); // it was moved in its list
      }
      return;
    }
    this._focused = null;
    if (lost) {
      (this._near() ?? this._region).focus();
    }
  }

  /** What is next to where the focus was, as far as that was in a list. */
  private _near(): HTMLElement | null {
    if (this._place === null) {
      return null;
    }
    const { section, row, rows } = this._place;
    const at = rows.indexOf(row);
    const around = [...rows.slice(at), ...rows.slice(0, at).reverse()];
    return (
      around.find(({ isConnected }) => isConnected) ??
      (section.isConnected ? section : this._region).querySelector<HTMLElement>(
        'h2, h3'
      )
    );
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
  private _place: IPlaceInList | null = null;
  private _isDisposed = false;
}

function placeOf(element: Element): IPlaceInList | null {
  const row = element.closest<HTMLElement>(ROW);
  const section = row?.closest('section');
  return row && section
    ? {
        section,
        row,
        rows: Array.from(section.querySelectorAll<HTMLElement>(ROW))
      }
    : null;
}
