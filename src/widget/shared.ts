/** What parts take of the bundle's own modules, by module; the build fills it (tools/build_widget.mjs). */
export const SHARED: Readonly<Record<string, object>> = {};
