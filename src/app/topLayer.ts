/** For an element that lies above all others; React's types do not know the attribute yet. */
export const IN_TOP_LAYER: object = { popover: 'manual' };

/** Put an element into the top layer, where nothing that is around it cuts it off; it may be there already. */
export function raise(element: HTMLElement): void {
  if (
    typeof element.showPopover === 'function' &&
    !element.matches(':popover-open')
  ) {
    element.showPopover();
  }
}
