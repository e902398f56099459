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

/** A part of the region whose content changes with the state, and stays there itself. */
const PLACE = '[data-place]';

/** What a part names as the first thing to do, or to read, in its state. */
const FIRST = '[data-focus]';

const HEADING = 'h2, h3';

const TABBABLE =
  'a[href], button:not(:disabled), input:not([hidden]), select, [tabindex="0"]';

/**
 * Keep the focus in a region when the element that has it is removed. In a list it goes to the row
 * that was around it, else to the one after, else to the one before, else to the heading; elsewhere to what
 * the part around it names first, else to its first control, else to its heading.
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
      this._around = around(this._focused);
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
      const heading = this._region.querySelector<HTMLElement>(HEADING);
      (this._near() ?? heading ?? this._region).focus();
    }
  }

  /** What is next to where the focus was. */
  private _near(): HTMLElement | null {
    if (this._place === null) {
      const part = this._around.find(({ isConnected }) => isConnected);
      return part
        ? ([FIRST, TABBABLE, HEADING]
            .map(what => part.querySelector<HTMLElement>(what))
            .find(found => found !== null) ?? null)
        : null;
    }
    const { section, row, rows } = this._place;
    const at = rows.indexOf(row);
    const others = [...rows.slice(at), ...rows.slice(0, at).reverse()];
    return (
      others.find(({ isConnected }) => isConnected) ??
      (section.isConnected ? section : this._region).querySelector<HTMLElement>(
        HEADING
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
  /** The parts around what has the focus, the innermost first. */
  private _around: readonly Element[] = [];
  private _isDisposed = false;
}

/** The parts around an element, the innermost first. */
function around(element: Element): readonly Element[] {
  const found: Element[] = [];
  let part = element.closest(`section, ${PLACE}`);
  while (part) {
    found.push(part);
    part = part.parentElement?.closest(`section, ${PLACE}`) ?? null;
  }
  return found;
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
