import { ArtifactRow } from '../artifactrow';
import type { IArtifact } from '../protocol';

function shown(verified: IArtifact['verified']): Element | null {
  const staged_at = new Date(new Date().setHours(14, 2)).toISOString();
  const told = { artifact: 'x', name: 'a.bin', backend: '', origin: 'widget' };
  const row = new ArtifactRow(
    { ...told, uri: 's3://bucket/a.bin', size: 2_000_000, staged_at, verified },
    () => Promise.reject(new Error('no link is asked for')),
    () => undefined
  );
  row.update();
  return row.element.querySelector('.joa-status');
}

describe('a staged artifact', () => {
  it('has its size and when it was staged', () => {
    const status = shown('etag');
    expect(status?.textContent).toBe('2.0 MB · 14:02');
    expect(status?.getAttribute('title')).toBeNull();
  });

  it('says where nothing but its size could be checked, and what that means', () => {
    const status = shown('size');
    expect(status?.textContent).toBe('2.0 MB · 14:02 · checked by size only');
    expect(status?.getAttribute('title')).toMatch(/no MD5s.*SHA-256/);
  });
});
