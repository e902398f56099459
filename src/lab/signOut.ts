import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import {
  type ISnapshot,
  type PanelModel,
  connectionOf,
  countUnlisted,
  isRunning
} from '../model';

/** How many files of the account in use are on their way. */
export function filesUnderWay(snapshot: ISnapshot): number {
  const connection = connectionOf(snapshot.session)?.id;
  return (
    snapshot.uploads.filter(
      upload => upload.connection === connection && isRunning(upload)
    ).length + countUnlisted(snapshot)
  );
}

/**
 * Signs out; with files on their way it asks first, and may wait for their end.
 *
 * A wait is over as well when somebody signs out or in elsewhere, or asks again.
 */
export class SigningOut {
  constructor(
    private readonly _model: PanelModel,
    private readonly _trans: TranslationBundle
  ) {}

  async ask(): Promise<void> {
    this._stopWaiting();
    // Files of other windows and of notebooks count as well.
    await this._model.read(new Set(['uploads']));
    const count = filesUnderWay(this._model.snapshot);
    const answer = count === 0 ? 'now' : await this._question(count);
    switch (answer) {
      case 'now':
        this._model.all.dismiss(); // the next sign-in would send it
        return this._model.session.signOut();
      case 'wait':
        this._model.all.resume(); // what is paused never ends
        return this._wait();
      case 'stay':
        return;
    }
  }

  private async _question(count: number): Promise<Answer> {
    const trans = this._trans;
    const { button } = await showDialog({
      title: trans.__('Sign out while files are on their way?'),
      body: trans._n(
        '%1 file is on its way. Signing out now stops it; nothing of it stays in storage.',
        '%1 files are on their way. Signing out now stops them; nothing of them stays in storage.',
        count
      ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({
          label: trans._n(
            'Sign out and stop it',
            'Sign out and stop them',
            count
          ),
          actions: ['now']
        }),
        Dialog.okButton({
          label: trans.__('Finish first'),
          actions: ['wait']
        })
      ]
    });
    if (!button.accept) {
      return 'stay';
    }
    return button.actions.includes('now') ? 'now' : 'wait';
  }

  /** Sign out once nothing is on its way any more. */
  private async _wait(): Promise<void> {
    const { _model: model, _trans: trans } = this;
    const before = connectionOf(model.snapshot.session)?.id;
    const wait = new AbortController();
    this._waiting = wait;
    await new Promise<void>(resolve => {
      const look = (): void => {
        const { session } = model.snapshot;
        if (session.state !== 'signed_in' || session.connection.id !== before) {
          wait.abort();
        }
        if (wait.signal.aborted || filesUnderWay(model.snapshot) === 0) {
          model.changed.disconnect(look);
          resolve();
        }
      };
      wait.signal.addEventListener('abort', look, { once: true });
      model.changed.connect(look);
      look();
      if (!wait.signal.aborted && filesUnderWay(model.snapshot) > 0) {
        model.notices.say(
          trans.__('You will be signed out when no file is on its way.')
        );
      }
    });
    if (!wait.signal.aborted) {
      this._waiting = null;
      await model.session.signOut();
    }
  }

  private _stopWaiting(): void {
    this._waiting?.abort();
    this._waiting = null;
  }

  private _waiting: AbortController | null = null;
}

/** What a person may want who signs out with files on their way. */
type Answer = 'now' | 'wait' | 'stay';
