import { splitName } from '../../../src/app/format';

/** Make an element with a class; text goes in as text, never as markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  name: string,
  text = ''
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = `joa-${name}`;
  element.textContent = text;
  return element;
}

/** Make a file's name: cut in its middle where it is too long, whole on hover. */
export function nameOf(name: string): HTMLElement {
  const element = make('bdi', 'name');
  const [start, end] = splitName(name);
  element.append(make('span', 'start', start));
  if (end !== '') {
    element.append(make('span', 'end', end));
  }
  element.title = name;
  return element;
}

/**
 * Keep the keys of a focused element to itself: JupyterLab's shortcuts (Enter edits the cell, D D
 * deletes it) look for this attribute on the element first.
 */
export function ownKeys<Element extends HTMLElement>(
  element: Element
): Element {
  element.setAttribute('data-lm-suppress-shortcuts', 'true');
  return element;
}

/** Make a button. `label` begins with the text on it, so that speech control finds it. */
export function button(
  text: string,
  label: string,
  act: () => void
): HTMLButtonElement {
  const element = ownKeys(make('button', 'button', text));
  element.type = 'button';
  element.setAttribute('aria-label', label);
  element.addEventListener('click', act);
  return element;
}

/** Change a text only if it changes: screen readers repeat what is written again. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Show or hide. */
export function show(element: HTMLElement, visible: boolean): void {
  element.hidden = !visible;
}

/**
 * Keep `list` as one child per item, in their order. Children that stay are not moved unless they
 * must, so that the focus stays where it is.
 */
export function align<Item, Row extends { readonly element: HTMLElement }>(
  list: HTMLElement,
  rows: Map<string, Row>,
  items: readonly (readonly [string, Item])[],
  create: (item: Item) => Row,
  update: (row: Row, item: Item) => void
): void {
  const keys = new Set(items.map(([key]) => key));
  for (const [key, row] of rows) {
    if (!keys.has(key)) {
      row.element.remove();
      rows.delete(key);
    }
  }
  items.forEach(([key, item], index) => {
    let row = rows.get(key);
    if (!row) {
      row = create(item);
      rows.set(key, row);
    }
    update(row, item);
    if (list.children[index] !== row.element) {
      list.insertBefore(row.element, list.children[index] ?? null);
    }
  });
}
