import { artifact } from '../../__tests__/fakeServer';
import type { Artifact } from '../../transport';
import { type Order, readFilter, sorted } from '../filter';
import { kindOf } from '../kinds';
import { plainTranslator as trans } from '../../text/translator';

const NOW = new Date('2026-11-22T12:00:00Z');

const staged = (
  name: string,
  staged_at: string,
  told: Partial<Artifact> = {}
): Artifact => artifact({ id: name, name, staged_at, ...told });

const ARTIFACTS = [
  staged('my Fields.parquet', '2026-11-22T11:00:00Z', { size: 3 }),
  staged('scene_10.tif', '2026-11-20T12:00:00Z', { size: 1 }),
  staged('scene_9.tiff', '2026-11-01T12:00:00Z', {
    size: 2,
    backend: 'https://other.example'
  }),
  staged('deps.zip', '2026-10-01T12:00:00Z', { size: 1 })
];

function found(typed: string): [string[], string | null] {
  const { matches, wrong } = readFilter(
    typed,
    {
      artifacts: ARTIFACTS,
      now: NOW,
      titleOf: backend => (backend.includes('other') ? 'Other place' : 'CDSE')
    },
    trans
  );
  return [ARTIFACTS.filter(matches).map(({ name }) => name), wrong];
}

it.each([
  ['', ['my Fields.parquet', 'scene_10.tif', 'scene_9.tiff', 'deps.zip']],
  ['  FIELDS ', ['my Fields.parquet']],
  ['fields my', ['my Fields.parquet']],
  ['kind:raster', ['scene_10.tif', 'scene_9.tiff']],
  ['kind:tif', ['scene_10.tif']],
  ['kind:archive older:1w', ['deps.zip']],
  ['older:12h', ['scene_10.tif', 'scene_9.tiff', 'deps.zip']],
  ['older:2d', ['scene_9.tiff', 'deps.zip']],
  ['backend:place', ['scene_9.tiff']],
  ['backend:OTHER.ex scene', ['scene_9.tiff']],
  ['10.tif kind:raster', ['scene_10.tif']],
  ['a:b', []]
])('“%s” finds', (typed, names) => {
  expect(found(typed)).toEqual([names, null]);
});

it.each([
  ['kind:rasta', /^“kind:rasta” is left out: it takes raster, vector, /],
  ['kind:', /^“kind:” is left out/],
  ['older:week', /^“older:week” is left out: it takes hours, days or weeks/],
  ['older:7', /^“older:7” is left out/],
  ['backend:', /^“backend:” is left out/]
])('“%s” is said to be wrong, and the other words count', (typed, said) => {
  expect(found(typed)[0]).toHaveLength(4);
  const [names, wrong] = found(`${typed} deps`);
  expect(names).toEqual(['deps.zip']);
  expect(wrong).toMatch(said);
});

it.each<[Order, string[]]>([
  ['time', ['my Fields.parquet', 'scene_10.tif', 'scene_9.tiff', 'deps.zip']],
  ['name', ['deps.zip', 'my Fields.parquet', 'scene_9.tiff', 'scene_10.tif']],
  ['size', ['my Fields.parquet', 'scene_9.tiff', 'deps.zip', 'scene_10.tif']],
  ['kind', ['scene_9.tiff', 'scene_10.tif', 'my Fields.parquet', 'deps.zip']]
])('are in the order of %s', (order, names) => {
  expect(sorted(ARTIFACTS, order).map(({ name }) => name)).toEqual(names);
});

it.each([
  ['a.TIF', '', 'raster'],
  ['a.tar.gz', '', 'archive'],
  ['fields.gpkg', '', 'vector'],
  ['fields.parquet', '', 'table'],
  ['net.onnx', '', 'model'],
  ['udf.py', '', 'text'],
  ['README', 'text/plain', 'text'],
  ['photo', 'image/png', 'raster'],
  ['.zip', '', 'other'],
  ['what', 'application/octet-stream', 'other']
])('%s (%s) is of the kind %s', (name, type, kind) => {
  expect(kindOf(name, type)).toBe(kind);
});
