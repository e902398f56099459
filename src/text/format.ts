import type { ITranslator } from './translator';

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/**
 * The language that numbers and dates are written in: the page's, which JupyterLab sets to that of its
 * texts. English comes in many varieties, so there it is the browser's own.
 */
export function language(): string | undefined {
  const { lang } = document.documentElement;
  return /^(?!en)[a-z]{2,3}(-[A-Z]{2})?$/.test(lang) ? lang : undefined;
}

/** A number of bytes in a unit, as 1.3 GB, in French 1,3 Go. */
function withUnit(value: number, unit: string, digits: number): string {
  const number = value.toLocaleString(language(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits
  });
  return `${number} ${unit}${language()?.startsWith('fr') ? 'o' : 'B'}`;
}

/** Bytes as people read them, in powers of 1000 as storage providers count: 812 MB, 1.3 GB. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (unit < UNITS.length - 1 && Math.round(value) >= 1000) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 10 ? 0 : 1;
  return withUnit(value, UNITS[unit] ?? '', digits);
}

/** A part and its whole, with the unit once where it is the same: 1.1 of 2.7 GB. */
export function formatShare(
  part: number,
  whole: number,
  trans: ITranslator
): string {
  const [short, long] = [formatBytes(part), formatBytes(whole)];
  const [number, unit] = short.split(' ') as [string, string];
  return trans.__('%1 of %2', long.endsWith(` ${unit}`) ? number : short, long);
}

/** A moment of today, to the second: 14:02:10. */
export function formatClock(moment: Date): string {
  return new Intl.DateTimeFormat(language(), {
    timeStyle: 'medium',
    hourCycle: 'h23'
  }).format(moment);
}

/** A moment of today, to the minute: 14:02. */
export function formatTime(moment: Date): string {
  return new Intl.DateTimeFormat(language(), {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23'
  }).format(moment);
}

/** Bytes per second: 12.4 MB/s. */
export function formatSpeed(bytesPerSecond: number): string {
  const megabytes = bytesPerSecond / 1e6;
  return megabytes >= 1 && megabytes < 1000
    ? `${withUnit(megabytes, 'M', 1)}/s`
    : `${formatBytes(bytesPerSecond)}/s`;
}

/** The time that is left, as roughly as it is known: 40 s, 3 min, 2 h. */
export function formatSeconds(seconds: number): string {
  if (seconds < 90) {
    return `${Math.max(1, Math.round(seconds))} s`;
  }
  return seconds < 5400
    ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`;
}

/** Minutes and seconds of a countdown: 4:32. */
export function formatCountdown(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** The hour of a moment, with its day where that is not today: 18:40, tomorrow 02:14. */
export function formatUntil(
  until: Date,
  trans: ITranslator,
  now: Date = new Date()
): string {
  const time = formatTime(until);
  const days = dayNumber(until) - dayNumber(now);
  if (days === 0) {
    return time;
  }
  if (days === 1) {
    return trans.__('tomorrow %1', time);
  }
  const day = new Intl.DateTimeFormat(language(), {
    day: 'numeric',
    month: 'short'
  }).format(until);
  return `${day}, ${time}`;
}

/** Which heading an artifact stands under. */
export function dayHeading(
  day: Date,
  trans: ITranslator,
  now: Date = new Date()
): string {
  const days = dayNumber(now) - dayNumber(day);
  if (days <= 0) {
    return trans.__('Today');
  }
  if (days === 1) {
    return trans.__('Yesterday');
  }
  return new Intl.DateTimeFormat(language(), {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: day.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  }).format(day);
}

/** Calendar days in local time, counted so that they can be subtracted. */
export function dayNumber(date: Date): number {
  return (
    Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000
  );
}

/** Characters of a name that stay in sight at its end: the extension, and what stands before it. */
const ENDING = 12;

/** A name of no more characters is never cut. */
const SHORT = 8;

/**
 * A name with its control and format characters as escapes: those of bidirectional text
 * (https://www.unicode.org/reports/tr9/) make `a\u202egpj.exe` look like a picture.
 */
export function visible(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    letter => `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  );
}

/** A name in two parts, of which the first may be cut: many names differ at their end alone. */
export function splitName(name: string): readonly [string, string] {
  const characters = Array.from(name);
  // Cut within a word of the other direction, its parts would change places.
  const [extension] = /^$|(?<=[\u0590-\u08ff].*)\.\w{1,11}$/.exec(name) ?? [];
  const ending =
    extension?.length ?? Math.min(ENDING, Math.floor(characters.length / 2));
  return characters.length <= SHORT
    ? [name, '']
    : [
        characters.slice(0, -ending).join(''),
        characters.slice(-ending).join('')
      ];
}

/** When an artifact was staged, beside the heading of its day: 18:08, or 18:08:41. */
export function formatHour(staged: Date, exact = false): string {
  return new Intl.DateTimeFormat(language(), {
    hour: '2-digit',
    minute: '2-digit',
    second: exact ? '2-digit' : undefined,
    hourCycle: 'h23'
  }).format(staged);
}

/** When an artifact was staged, where no heading tells the day: 18:08 of today, else 3 Nov or 3 Nov 2025. */
export function formatStaged(staged: Date, now: Date = new Date()): string {
  return dayNumber(staged) === dayNumber(now)
    ? formatHour(staged)
    : new Intl.DateTimeFormat(language(), {
        day: 'numeric',
        month: 'short',
        year: staged.getFullYear() === now.getFullYear() ? undefined : 'numeric'
      }).format(staged);
}

/** Something staged, as far as it is told from others by what a list shows of it. */
interface IStaged {
  readonly name: string;
  readonly staged_at: string;
}

/** Those of which a name and a minute are not enough to tell them apart. */
export function twinsOf<T extends IStaged>(
  staged: readonly T[]
): ReadonlySet<T> {
  const groups = new Map<string, T[]>();
  for (const each of staged) {
    const minute = Math.floor(new Date(each.staged_at).getTime() / 60_000);
    const key = `${minute} ${each.name}`;
    const group = groups.get(key);
    if (group) {
      group.push(each);
    } else {
      groups.set(key, [each]);
    }
  }
  return new Set(
    [...groups.values()].filter(({ length }) => length > 1).flat()
  );
}

/** An address as short as it is still told apart: host, and path where there is one. */
export function hostOf(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}
