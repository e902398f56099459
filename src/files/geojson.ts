/** The largest geometry that goes into a notebook as text (bytes). */
export const INLINE_LIMIT = 1_000_000;

const TYPES = new Set([
  'Point',
  'MultiPoint',
  'LineString',
  'MultiLineString',
  'Polygon',
  'MultiPolygon',
  'GeometryCollection',
  'Feature',
  'FeatureCollection'
]);

/** A text read as GeoJSON, or why it is none that could go into a notebook. */
export type Inline =
  | { readonly state: 'geometry'; readonly value: unknown }
  | { readonly state: 'too_large' }
  | { readonly state: 'not_geojson' };

export function readGeoJSON(text: string): Inline {
  if (text.length > INLINE_LIMIT) {
    return { state: 'too_large' };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { state: 'not_geojson' };
  }
  const type =
    typeof value === 'object' && value !== null
      ? (value as { type?: unknown }).type
      : undefined;
  return typeof type === 'string' && TYPES.has(type)
    ? { state: 'geometry', value }
    : { state: 'not_geojson' };
}
