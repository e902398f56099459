/** What a file is for, as far as its name and media type tell. */
export const KINDS = [
  'raster',
  'vector',
  'table',
  'model',
  'archive',
  'text',
  'other'
] as const;

export type Kind = (typeof KINDS)[number];

/** Extensions of each kind. */
const EXTENSIONS: Readonly<Partial<Record<Kind, string>>> = {
  raster:
    'tif tiff jp2 nc nc4 cdf hdf h5 hdf5 he5 zarr grib grib2 grb vrt png jpg jpeg',
  vector: 'geojson gpkg shp kml kmz fgb gml gdb topojson geoparquet',
  table: 'parquet csv tsv xlsx xls ods arrow feather',
  model: 'onnx pt pth pkl pickle joblib keras tflite safetensors cbm ubj',
  archive: 'zip tar gz tgz bz2 xz zst 7z whl',
  text: 'py ipynb json yaml yml toml txt md rst r jl js sh xml html sql log'
};

const BY_EXTENSION: ReadonlyMap<string, Kind> = new Map(
  KINDS.flatMap(kind =>
    (EXTENSIONS[kind]?.split(' ') ?? []).map(
      extension => [extension, kind] as const
    )
  )
);

/** Media types of which the beginning tells a kind. */
const BY_TYPE: readonly (readonly [RegExp, Kind])[] = [
  [/^image\//, 'raster'],
  [/^application\/geo/, 'vector'],
  [/^text\/csv/, 'table'],
  [/^text\//, 'text'],
  [/zip|tar/, 'archive']
];

/** The last extension of a name, in lower case; empty where it has none. */
export function extensionOf(name: string): string {
  return /.\.([a-z0-9]{1,11})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** The kind of a file: by its extension, else by its media type. */
export function kindOf(name: string, type = ''): Kind {
  return (
    BY_EXTENSION.get(extensionOf(name)) ??
    BY_TYPE.find(([pattern]) => pattern.test(type))?.[1] ??
    'other'
  );
}
