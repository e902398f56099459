const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in powers of 1000, as storage providers count: 812 MB, 1.3 GB. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (unit < UNITS.length - 1 && Math.round(value) >= 1000) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit === 0 || value >= 10 ? 0 : 1)} ${UNITS[unit]}`;
}

/** Bytes per second: 12.4 MB/s. */
export function speed(bytesPerSecond: number): string {
  return `${size(bytesPerSecond)}/s`;
}

/** A time span, as roughly as it matters: 40 s, 3 min, 2 h. */
export function seconds(value: number): string {
  if (value < 90) {
    return `${Math.max(1, Math.round(value))} s`;
  }
  return value < 5400
    ? `${Math.round(value / 60)} min`
    : `${Math.round(value / 3600)} h`;
}

/**
 * The hour of a moment, `exact` to the second, with its day where that is not today; `tomorrow` words
 * the next day.
 */
export function moment(
  date: Date,
  tomorrow: (time: string) => string,
  { exact = false, now = new Date() }: { exact?: boolean; now?: Date } = {}
): string {
  const time = new Intl.DateTimeFormat(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: exact ? '2-digit' : undefined,
    hourCycle: 'h23'
  }).format(date);
  const days = dayNumber(date) - dayNumber(now);
  if (days === 0) {
    return time;
  }
  if (days === 1) {
    return tomorrow(time);
  }
  const day = new Intl.DateTimeFormat(undefined, {
    day: 'numeric',
    month: 'short'
  }).format(date);
  return `${day}, ${time}`;
}

function dayNumber(date: Date): number {
  return (
    Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000
  );
}
