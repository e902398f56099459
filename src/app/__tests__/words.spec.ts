import { nullTranslator } from '@jupyterlab/translation';

import { artifact, upload, problem } from '../../__tests__/fakeServer';
import type { Artifact } from '../../transport';
import {
  dayHeading,
  formatBytes,
  formatCountdown,
  formatSeconds,
  formatSpeed,
  formatHour,
  formatStaged,
  formatUntil,
  splitName,
  visible,
  twinsOf
} from '../../text/format';
import type { QueuedFile } from '../../model';
import { milestone } from '../Announcer';
import { countUnderWay, progressOf, receivedOf, stagingRows } from '../rows';
import {
  describeAmount,
  describeCheck,
  describeUpload,
  describeReused
} from '../words';

const trans = nullTranslator.load('test');

describe('an upload in words', () => {
  it.each([
    ['queued', {}, 'Waiting for its turn'],
    ['receiving', { speed: null }, 'Receiving from your browser'],
    [
      'receiving',
      { origin: 'widget', speed: null },
      'Receiving from the notebook'
    ],
    ['receiving', {}, '12.4 MB/s'],
    ['uploading', {}, '12.4 MB/s'],
    ['uploading', { speed: null }, 'Going to storage'],
    ['verifying', {}, 'Checking what was stored'],
    ['paused', { problem: problem() }, 'It did not work. Do it again.'],
    ['failed', { problem: problem({ todo: '' }) }, 'It did not work.'],
    ['cancelled', {}, 'Cancelled']
  ] as const)('%s', (state, told, words) => {
    expect(describeUpload(upload({ ...told, state }), undefined, trans)).toBe(
      words
    );
  });

  it('keeps the reason in sight where the name is long', () => {
    const name = `${'😀'.repeat(200)}.parquet`;
    const message = `${name} changed while it was being read.`;
    const failed = upload({
      name,
      state: 'failed',
      problem: problem({ message })
    });
    expect(describeUpload(failed, undefined, trans)).toBe(
      `${'😀'.repeat(24)}…😀😀😀😀.parquet changed while it was being read. Do it again.`
    );
  });

  it('says when the same file was staged that is in storage already', () => {
    const staged_at = new Date(new Date().setHours(14, 2)).toISOString();
    const found = artifact({ staged_at });
    const again = upload({ state: 'staged', artifact: found.id, reused: true });
    expect(describeReused(again, [found], trans)).toBe(
      'Already in storage: the same file was staged at 14:02; not uploaded again.'
    );
    expect(describeReused(again, [], trans)).toBe(
      'Already in storage; not uploaded again.'
    );
  });

  it('says that a restarted server goes on, until something has moved', () => {
    const restarted = Date.parse('2026-11-22T11:00:00Z');
    const words = (told: object, since: number | null = restarted): string =>
      describeUpload(
        upload({ speed: null, ...told }),
        undefined,
        trans,
        null,
        'server',
        since
      );
    const goesOn = 'Jupyter was restarted; going on';
    expect(words({ state: 'receiving' })).toBe(goesOn);
    expect(words({ state: 'uploading' })).toBe(goesOn);
    expect(words({ state: 'queued' })).toBe(goesOn);
    const others = [
      words({ state: 'receiving' }, null),
      words({ state: 'uploading', speed: 12_400_000 }),
      words({ state: 'verifying' }),
      words({ state: 'paused', problem: problem() }),
      words({ state: 'receiving', created_at: '2026-11-22T11:00:01Z' })
    ];
    expect(others).not.toContain(goesOn);
  });

  it('says that Jupyter does not answer', () => {
    const receiving = upload({ state: 'receiving' });
    expect(describeUpload(receiving, { state: 'waiting' }, trans)).toBe(
      'Jupyter does not answer, trying again'
    );
  });

  it.each(['receiving', 'uploading'] as const)(
    'names the bytes that are in storage while it is %s',
    state => {
      const told = upload({
        state,
        size: 1_300_000_000,
        bytes_received: 812_000_000,
        bytes_stored: 400_000_000
      });
      expect(describeAmount(told, trans)).toBe('400 MB of 1.3 GB · 40 s left');
    }
  );

  it('names no time that is left while nothing is heard', () => {
    const heard = new Date(2026, 10, 28, 14, 2, 10);
    expect(describeAmount(upload(), trans, true, heard)).toMatch(
      /^50 B of 100 B · last heard at 14:02:10/
    );
  });
});

describe('how an artifact was checked', () => {
  it('is said where storage has no MD5s, and how to be sure', () => {
    const told = describeCheck(artifact({ verified: 'size' }), trans);
    expect(told?.words).toBe('Content not checked (size matches)');
    expect(told?.meaning).toMatch(/no MD5s.*read it back.*SHA-256/);
  });

  it('is no word where it has', () => {
    expect(describeCheck(artifact(), trans)).toBeNull();
  });
});

describe('progress', () => {
  it('is what storage has; what was received is told apart', () => {
    const told = { bytes_received: 80, bytes_stored: 20 };
    expect(progressOf(upload(told))).toBe(0.2);
    expect(receivedOf(upload(told))).toBe(0.8);
    expect(receivedOf(upload({ ...told, origin: 'contents' }))).toBe(0.2);
  });

  it('is not known without a size, and fits an empty file', () => {
    expect(progressOf(upload({ size: null }))).toBeNull();
    expect(progressOf(upload({ size: 0, bytes_stored: 0 }))).toBe(0);
    expect(progressOf(upload({ size: 0, state: 'verifying' }))).toBe(1);
  });

  it('is worth saying at quarters and at ends', () => {
    const at = (stored: number): string =>
      milestone(upload({ origin: 'contents', bytes_stored: stored }));
    expect([0, 24, 25, 49, 50, 75, 99].map(at)).toEqual([
      '0',
      '0',
      '25',
      '25',
      '50',
      '75',
      '75'
    ]);
    expect(milestone(upload({ state: 'failed' }))).toBe('failed');
  });
});

describe('rows', () => {
  it('leaves out what has moved on', () => {
    const uploads = [
      upload({ id: '1', state: 'staged' }),
      upload({ id: '2', state: 'cancelled' }),
      upload({ id: '3', state: 'cancelled' }),
      upload({ id: '4', state: 'failed' }),
      upload({ id: '5', state: 'staged', reused: true }),
      upload({ id: '6', state: 'staged', reused: true })
    ];
    const rows = stagingRows([], uploads, new Set(['3', '6', '1']));
    expect(rows.map(({ id }) => id)).toEqual(['4', '3', '6']);
  });

  it('puts what is under way first, then what waits, what failed and what is over', () => {
    const queuedFiles: QueuedFile[] = [
      { state: 'queued', key: 'waits first', name: 'a' },
      { state: 'queued', key: 'waits next', name: 'b' },
      { state: 'starting', key: 'starts', name: 'c' }
    ];
    const uploads = [
      upload({ id: 'over', state: 'cancelled' }),
      upload({ id: 'waits for a lane', state: 'queued' }),
      upload({ id: 'pauses', state: 'paused' }),
      upload({ id: 'arrives', state: 'receiving' }),
      upload({ id: 'failed', state: 'failed' }),
      upload({ id: 'leaves', state: 'uploading' })
    ];
    const rows = stagingRows(queuedFiles, uploads, new Set(['over']));
    expect(rows.map(({ id }) => id)).toEqual([
      'starts',
      'pauses',
      'arrives',
      'leaves',
      'waits first',
      'waits next',
      'waits for a lane',
      'failed',
      'over'
    ]);
    // What is over, or has to be tried again, is not under way
    expect(countUnderWay(rows)).toBe(7);
  });
});

describe('names', () => {
  it.each([
    ['deps.zip', 'deps.zip', ''],
    // What is told apart by its end in a narrow panel, too
    ['ndvi_2026_07_01.tif', 'ndvi_2026_', '07_01.tif'],
    ['fields.parquet', 'fields.', 'parquet'],
    ['exactly-25-characters.tif', 'exactly-25-ch', 'aracters.tif'],
    [
      'S2A_MSIL2A_20260703_T31UFS_ndvi_v1.tif',
      'S2A_MSIL2A_20260703_T31UFS',
      '_ndvi_v1.tif'
    ],
    ['😀'.repeat(30), '😀'.repeat(18), '😀'.repeat(12)]
  ])('%s keeps its ending', (name, start, end) => {
    expect(splitName(name)).toEqual([start, end]);
  });

  it('are told apart by the second where name and minute are the same', () => {
    const at = (name: string, staged_at: string): Artifact =>
      artifact({ id: `${name} ${staged_at}`, name, staged_at });
    const first = at('a.tif', '2026-07-03T14:02:05Z');
    const second = at('a.tif', '2026-07-03T14:02:41Z');
    const third = at('a.tif', '2026-07-03T14:03:05Z');
    const other = at('b.tif', '2026-07-03T14:02:05Z');
    expect([...twinsOf([first, other, third, second])]).toEqual([
      first,
      second
    ]);
  });

  it.each<[string, Date, string]>([
    ['today', new Date(2026, 6, 3, 14, 2, 5), '14:02'],
    ['yesterday', new Date(2026, 6, 2, 23, 59), 'Jul 2'],
    ['last year', new Date(2025, 6, 1, 9, 5), 'Jul 1, 2025']
  ])('what was staged %s says when', (_, staged, text) => {
    const now = new Date(2026, 6, 3, 18, 0);
    expect(formatStaged(staged, now)).toBe(text);
  });

  it('says the second where it is needed', () => {
    const staged = new Date(2026, 6, 3, 14, 2, 5);
    expect([formatHour(staged), formatHour(staged, true)]).toEqual([
      '14:02',
      '14:02:05'
    ]);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [12_345, '12 kB'],
    [999_999, '1.0 MB'],
    [1_300_000_000, '1.3 GB'],
    [84_000_000, '84 MB']
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('reads times and speeds as people do', () => {
    expect(formatSpeed(12_400_000)).toBe('12.4 MB/s');
    expect(formatSpeed(900)).toBe('900 B/s');
    expect([0.2, 40, 180, 7200].map(formatSeconds)).toEqual([
      '1 s',
      '40 s',
      '3 min',
      '2 h'
    ]);
    expect([272, 5, -3].map(formatCountdown)).toEqual(['4:32', '0:05', '0:00']);
  });

  it('names the day of an end that is not today', () => {
    const now = new Date(2026, 10, 22, 23, 0);
    const at = (day: number, hour: number): string =>
      formatUntil(new Date(2026, 10, day, hour, 14), trans, now);
    expect(at(22, 23)).toBe('23:14');
    expect(at(23, 2)).toBe('tomorrow 02:14');
    expect(at(25, 2)).toMatch(/25.*, 02:14$/);
  });

  it('counts days by the calendar', () => {
    const now = new Date(2026, 10, 22, 0, 5);
    expect(dayHeading(new Date(2026, 10, 22, 0, 1), trans, now)).toBe('Today');
    expect(dayHeading(new Date(2026, 10, 21, 23, 59), trans, now)).toBe(
      'Yesterday'
    );
    expect(dayHeading(new Date(2026, 10, 19), trans, now)).toBe(
      'Thursday, November 19'
    );
    expect(dayHeading(new Date(2025, 10, 19), trans, now)).toBe(
      'Wednesday, November 19, 2025'
    );
  });
});

it('shows what would turn a name around, or hide in it', () => {
  expect(visible('rtl\u202egnp.exe')).toBe('rtl\\u202egnp.exe');
  expect(visible('a\u200bb\u0007.tif')).toBe('a\\u200bb\\u0007.tif');
  expect(visible('straße_日本 🌾.tif')).toBe('straße_日本 🌾.tif');
});
