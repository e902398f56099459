import { button, make, nameOf, show, write } from './elements';
import { TEXT, uploadText } from './text';
import type { Upload } from './upload';

/** One file on its way. */
export class UploadRow {
  constructor(
    private readonly _upload: Upload,
    private readonly _dismiss: () => void
  ) {
    const { name } = _upload;
    this._bar = make('div', 'bar');
    this._bar.setAttribute('role', 'progressbar');
    this._bar.setAttribute('aria-label', TEXT.progressOf(name));
    this._bar.setAttribute('aria-valuemin', '0');
    this._bar.setAttribute('aria-valuemax', '100');
    this._fill = make('div', 'fill');
    this._bar.append(this._fill);
    this._status = make('div', 'status');
    this._cancel = button(TEXT.cancel, TEXT.of(TEXT.cancel, name), () =>
      this._upload.cancel()
    );
    this._retry = button(TEXT.retry, TEXT.of(TEXT.retry, name), () =>
      this._upload.retry()
    );
    this._gone = button(TEXT.dismiss, TEXT.of(TEXT.dismiss, name), () =>
      this._dismiss()
    );
    const buttons = make('div', 'buttons');
    buttons.append(this._retry, this._cancel, this._gone);
    this.element.append(nameOf(name), buttons, this._bar, this._status);
  }

  readonly element = make('li', 'row');

  update(): void {
    const { state, silence } = this._upload;
    const view = state.is === 'going' ? state.view : null;
    const failed = view?.state === 'failed';
    const over = state.is === 'over' || failed;
    const wrong = failed || (state.is === 'over' && state.wrong);
    this.element.classList.toggle('joa-mod-wrong', wrong);
    write(this._status, this._text(silence));
    const share = view?.size ? view.bytes_stored / view.size : 0;
    const percent = view?.state === 'verifying' ? 100 : Math.floor(share * 100);
    this._bar.setAttribute('aria-valuenow', String(percent));
    this._fill.style.width = `${percent}%`;
    show(this._bar, !over);
    show(this._cancel, !over && state.is !== 'stopping');
    show(this._retry, failed && (view?.can_retry ?? false));
    show(this._gone, over || (state.is === 'stopping' && silence > 0));
  }

  private _text(silence: number): string {
    const { state } = this._upload;
    if (silence > 0) {
      return TEXT.silent(silence / 1000);
    }
    switch (state.is) {
      case 'waiting':
        return TEXT.waitingForTurn;
      case 'opening':
        return TEXT.opening;
      case 'stopping':
        return TEXT.cancelling;
      case 'over':
        return state.text;
      case 'going': {
        const problem = state.stalled ?? state.view?.problem;
        if (problem) {
          return `${problem.message} ${problem.todo}`.trim();
        }
        if (!state.view) {
          return TEXT.opening;
        }
        const text = uploadText(state.view, this._upload.received);
        return `${text} ${state.view.advice ?? ''}`.trim();
      }
    }
  }

  private readonly _bar: HTMLElement;
  private readonly _fill: HTMLElement;
  private readonly _status: HTMLElement;
  private readonly _cancel: HTMLElement;
  private readonly _retry: HTMLElement;
  private readonly _gone: HTMLElement;
}
