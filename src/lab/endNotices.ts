import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { CommandRegistry } from '@lumino/commands';

import { CommandIDs } from '../app';
import { visible } from '../text';
import { shorten } from '../app/words';
import { type PanelModel, sentence } from '../model';
import type { Upload } from '../transport';
import type { Activity, IEnds, Stopped } from './activity';
import { attempt } from './attempt';

/** How long it is shown that files are staged (ms): there is something to click. */
const STAY = 15_000;

/** So many names are told of several files. */
const NAMES = 3;

/** Their longest length (characters): JupyterLab cuts a notification after 140. */
const SHORT = 28;

/** What {@link EndNotices} is made of. */
export interface IEndNoticesOptions {
  readonly model: PanelModel;
  readonly activity: Activity;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
  /** Whether notifications are wanted. */
  readonly wanted: () => boolean;
}

/**
 * Tells by JupyterLab's notifications what has ended while the panel was out of sight.
 *
 * They hold names and commands; a link is made when its button is clicked, and put nowhere else.
 */
export class EndNotices implements IDisposable {
  constructor(private readonly _options: IEndNoticesOptions) {
    const { activity } = _options;
    activity.ended.connect(this._tell, this);
    activity.looked.connect(this._take, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    const { activity } = this._options;
    activity.ended.disconnect(this._tell, this);
    activity.looked.disconnect(this._take, this);
  }

  private _tell(_: Activity, { staged, stopped }: IEnds): void {
    if (!this._options.wanted()) {
      return;
    }
    if (staged.length > 0) {
      Notification.success(this._describeStaged(staged), {
        autoClose: STAY,
        actions: this._stagedActions(staged)
      });
    }
    if (stopped.length > 0) {
      this._open.push(
        Notification.error(this._describeStopped(stopped), {
          autoClose: false,
          actions: this._stoppedActions(stopped)
        })
      );
    }
  }

  /** The panel says itself what stands still. */
  private _take(): void {
    this._open.forEach(id => Notification.dismiss(id));
    this._open = [];
  }

  private _describeStaged(staged: readonly Upload[]): string {
    const { trans } = this._options;
    const [only] = staged;
    if (staged.length === 1 && only) {
      const name = visible(shorten(only.name));
      return only.reused
        ? trans.__('%1 was in storage already; not uploaded again.', name)
        : trans.__('%1 is staged.', name);
    }
    return trans.__(
      '%1 files staged: %2',
      staged.length,
      namesOf(staged.map(({ name }) => name))
    );
  }

  private _describeStopped(stopped: readonly Stopped[]): string {
    const { trans } = this._options;
    const [only] = stopped;
    if (stopped.length === 1 && only) {
      const { name, problem } =
        only.kind === 'upload' ? only.upload : only.file;
      const why = problem
        ? sentence(problem).split(name).join(shorten(name))
        : trans.__('It failed');
      return trans.__('%1: %2', visible(shorten(name)), visible(why));
    }
    return trans.__(
      '%1 files were not staged: %2',
      stopped.length,
      namesOf(stopped.map(nameOf))
    );
  }

  private _stagedActions(staged: readonly Upload[]): Notification.IAction[] {
    const { trans } = this._options;
    const [only] = staged;
    const id = staged.length === 1 ? only?.artifact : null;
    return id
      ? [
          {
            label: trans.__('Copy link'),
            callback: () => this._run(CommandIDs.copyLink, { id })
          },
          {
            label: trans.__('Insert'),
            callback: () => this._run(CommandIDs.insert, { id })
          }
        ]
      : [this._show()];
  }

  private _stoppedActions(stopped: readonly Stopped[]): Notification.IAction[] {
    const { trans } = this._options;
    const again = stopped.filter(each =>
      each.kind === 'upload' ? each.upload.can_retry : each.file.again
    );
    return [
      ...(again.length === 0
        ? []
        : [
            {
              label: trans.__('Try again'),
              callback: () => again.forEach(each => this._retry(each))
            }
          ]),
      this._show()
    ];
  }

  private _show(): Notification.IAction {
    return {
      label: this._options.trans.__('Show'),
      displayType: 'accent',
      callback: () => this._run(CommandIDs.open)
    };
  }

  private _retry(stopped: Stopped): void {
    const { model } = this._options;
    if (stopped.kind === 'file') {
      model.sender.again(stopped.file.key);
    } else {
      void attempt(model, () => model.uploads.retry(stopped.upload.id));
    }
  }

  private _run(command: string, args: { id?: string } = {}): void {
    void this._options.commands.execute(command, args);
  }

  private _open: string[] = [];
  private _isDisposed = false;
}

function nameOf(stopped: Stopped): string {
  return stopped.kind === 'upload' ? stopped.upload.name : stopped.file.name;
}

/** The first names, and whether there are more. */
function namesOf(names: readonly string[]): string {
  const shown = names
    .slice(0, NAMES)
    .map(name => visible(shorten(name, SHORT)));
  return [...shown, ...(names.length > NAMES ? ['…'] : [])].join(', ');
}
