import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { type Activity, percentOf } from './activity';

/** "⇪ 3 · 64 %" in the status bar; a click shows the panel. */
export class StatusItem extends Widget {
  constructor(
    private readonly _activity: Activity,
    private readonly _trans: TranslationBundle,
    show: () => void
  ) {
    super();
    this._button = document.createElement('button');
    this._button.className = 'jp-OpenEOArtifacts-statusButton';
    this._button.type = 'button';
    this._button.addEventListener('click', show);
    this.node.append(this._button);
    _activity.changed.connect(this._draw, this);
    this._draw();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._activity.changed.disconnect(this._draw, this);
      super.dispose();
    }
  }

  private _draw(): void {
    const { now } = this._activity;
    const percent = percentOf(now);
    this._button.textContent =
      percent === null ? `⇪ ${now.running}` : `⇪ ${now.running} · ${percent} %`;
    const label = describeRunning(now.running, percent, this._trans);
    this._button.title = label;
    this._button.setAttribute('aria-label', label);
  }

  private readonly _button: HTMLButtonElement;
}

/** How many files are on their way, and how far. */
export function describeRunning(
  count: number,
  percent: number | null,
  trans: TranslationBundle
): string {
  const files = trans._n(
    '%1 file is on its way to openEO',
    '%1 files are on their way to openEO',
    count
  );
  return percent === null ? files : trans.__('%1, %2 %', files, percent);
}
