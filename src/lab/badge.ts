import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { Title, Widget } from '@lumino/widgets';

import { type Activity, type IActivity, percentOf } from './activity';
import { describeRunning } from './statusItem';

/** Where the style sheet finds what the badge says and means. */
const TEXT = 'openeo-badge';
const KIND = 'openeo-badge-kind';

/** The badge on the panel's icon: how many files run, or that some need somebody. */
export class Badge implements IDisposable {
  constructor(
    private readonly _title: Title<Widget>,
    private readonly _activity: Activity,
    private readonly _trans: TranslationBundle
  ) {
    this._caption = _title.caption;
    _activity.changed.connect(this._draw, this);
    this._draw();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._activity.changed.disconnect(this._draw, this);
  }

  private _draw(): void {
    const { now } = this._activity;
    // The side bar has put its own in there.
    const others = Object.fromEntries(
      Object.entries(this._title.dataset).filter(
        ([name]) => name !== TEXT && name !== KIND
      )
    );
    const badge = badgeOf(now);
    this._title.dataset =
      badge === null
        ? others
        : { ...others, [TEXT]: badge.text, [KIND]: badge.kind };
    this._title.caption = [this._caption, ...this._words(now)].join('\n');
  }

  private _words(now: IActivity): readonly string[] {
    const trans = this._trans;
    return [
      ...(now.stopped === 0
        ? []
        : [trans._n('%1 file needs you', '%1 files need you', now.stopped)]),
      ...(now.running === 0
        ? []
        : [describeRunning(now.running, percentOf(now), trans)])
    ];
  }

  private readonly _caption: string;
  private _isDisposed = false;
}

function badgeOf({
  running,
  stopped
}: IActivity): { text: string; kind: 'stopped' | 'running' } | null {
  if (stopped > 0) {
    return { text: '!', kind: 'stopped' };
  }
  return running > 0
    ? { text: running > 99 ? '99+' : String(running), kind: 'running' }
    : null;
}
