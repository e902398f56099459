import * as fs from 'fs';

import { ROUTES } from '../operations';

/** Each operation of openapi.yaml with its place, as far as its lines tell. */
function described(): Record<string, string> {
  const text = fs.readFileSync(
    'jupyter_openeo_artifacts/service/openapi.yaml',
    'utf-8'
  );
  const found: Record<string, string> = {};
  let place = '';
  let method = '';
  for (const line of text.split('\n')) {
    place = /^ {2}(\/\S*):/.exec(line)?.[1] ?? place;
    method = /^ {4}([a-z]+):/.exec(line)?.[1] ?? method;
    const operation = /operationId: (\w+)/.exec(line)?.[1];
    if (operation !== undefined) {
      found[operation] = `${method.toUpperCase()} ${place}`;
    }
  }
  return found;
}

it('has each operation where openapi.yaml has it', () => {
  expect(Object.keys(described()).length).toBeGreaterThan(20);
  expect(ROUTES).toEqual(described());
});
