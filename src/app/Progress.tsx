import * as React from 'react';

interface IProgressProps {
  /** Its accessible name. */
  label: string;
  /** What is said with the percent. */
  words: string;
  /** The share that is in storage; null while a size is not known. */
  stored: number | null;
  /** The share that has been received, storage's included. */
  received: number;
}

/** A bar in two tones: what is in storage, and behind it, lighter, what has been received. */
export function Progress({
  label,
  words,
  stored,
  received
}: IProgressProps): JSX.Element {
  const percent = stored === null ? null : Math.floor(stored * 100);
  return (
    <div className="jp-OpenEOArtifacts-progressLine">
      <div
        className={`jp-OpenEOArtifacts-progress${
          percent === null ? ' jp-mod-unknown' : ''
        }`}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent ?? undefined}
        aria-valuetext={percent === null ? words : `${percent} %, ${words}`}
      >
        <div style={{ width: `${percent ?? 100}%` }} />
        <div
          style={{
            width: `${Math.max(0, received * 100 - (percent ?? 100))}%`
          }}
        />
      </div>
      {percent === null ? null : <span>{percent} %</span>}
    </div>
  );
}
