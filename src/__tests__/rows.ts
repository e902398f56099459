/** What a row with that name is called by who hears it: its name, then what is known of it. */
export function called(name: string): RegExp {
  const spaced = name.trim().replace(/\s+/g, ' ');
  return new RegExp(`^${spaced.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}, `);
}

/** The rows of lists below an element; headings are none. */
export function rowsIn(root: ParentNode): HTMLElement[] {
  return Array.from(root.querySelectorAll<HTMLElement>('[data-row]'));
}
