/** How the page writes: in which language, in which units, and into the clipboard. */
export * from './clipboard';
export * from './format';
export * from './translator';
