import { ArtifactRow } from '../artifactrow';
import type { IArtifact } from '../protocol';

function shown(
  verified: IArtifact['verified'],
  account = 'Alice',
  twin = false
): Element | null {
  const staged_at = new Date(new Date().setHours(14, 2, 7)).toISOString();
  const backend = 'https://openeo.example/v1';
  const told = { artifact: 'x', name: 'a.bin', backend, origin: 'widget' };
  const uri = 's3://bucket/a.bin';
  const row = new ArtifactRow(
    { ...told, uri, size: 2_000_000, staged_at, verified, account },
    () => Promise.reject(new Error('no link is asked for')),
    () => undefined
  );
  row.update(twin);
  return row.element.querySelector('.joa-status');
}

describe('a staged artifact', () => {
  it('has its size, and when, by whom and where it was staged', () => {
    const status = shown('etag');
    expect(status?.textContent).toBe(
      '2.0 MB · 14:02 · Alice at openeo.example'
    );
    expect(status?.getAttribute('title')).toBeNull();
  });

  it('has the second, too, where another one has its name and minute', () => {
    expect(shown('etag', 'Alice', true)?.textContent).toBe(
      '2.0 MB · 14:02:07 · Alice at openeo.example'
    );
  });

  it('has the backend alone where nobody noted the account', () => {
    expect(shown('etag', '')?.textContent).toBe(
      '2.0 MB · 14:02 · openeo.example'
    );
  });

  it('says where nothing but its size could be checked, and what that means', () => {
    const status = shown('size');
    expect(status?.textContent).toBe(
      '2.0 MB · 14:02 · Alice at openeo.example · content not checked (size matches)'
    );
    expect(status?.getAttribute('title')).toMatch(/no MD5s.*SHA-256/);
  });
});
