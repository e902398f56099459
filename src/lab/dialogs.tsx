import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import { type Connection } from '../transport';
import { describeApproval } from '../app';
import { type ITranslator, formatUntil } from '../text';
import {
  type IQuestions,
  type Instead,
  type Lifetime,
  PIP_INSTALL,
  lifetimeSeconds
} from '../insert';
import type { SessionModel } from '../model';

class LifetimeChoice extends ReactWidget {
  constructor(
    private _chosen: Lifetime,
    private readonly _longest: Date,
    private readonly _trans: ITranslator
  ) {
    super();
    this.addClass('jp-OpenEOArtifacts-dialog');
  }

  getValue(): Lifetime {
    return this._chosen;
  }

  protected render(): JSX.Element {
    const trans = this._trans;
    const until = formatUntil(this._longest, trans);
    const choices: readonly (readonly [Lifetime, string])[] = [
      ['hour', trans.__('1 hour')],
      ['six_hours', trans.__('6 hours')],
      ['longest', trans.__('Longest: until %1', until)]
    ];
    const left = (this._longest.getTime() - Date.now()) / 1000;
    return (
      <fieldset>
        <legend>{trans.__('How long should the link work?')}</legend>
        {choices.map(([value, label]) => (
          <label key={value}>
            <input
              type="radio"
              name="jp-OpenEOArtifacts-lifetime"
              value={value}
              defaultChecked={value === this._chosen}
              disabled={(lifetimeSeconds(value) ?? 0) > left}
              onChange={() => {
                this._chosen = value;
              }}
            />
            {label}
          </label>
        ))}
        <p className="jp-OpenEOArtifacts-warning">
          {trans.__(
            'Anyone with this link can read the file until then. It stays in the notebook when you save or share it.'
          )}
        </p>
      </fieldset>
    );
  }
}

/** Ask for the lifetime of a URL that is to stay in a notebook; null: nothing is inserted. */
export async function askLifetime(
  preferred: Lifetime,
  longest: Date,
  trans: ITranslator
): Promise<Lifetime | null> {
  const left = (longest.getTime() - Date.now()) / 1000;
  const possible =
    (lifetimeSeconds(preferred) ?? 0) > left ? 'longest' : preferred;
  const body = new LifetimeChoice(possible, longest, trans);
  const result = await showDialog<Lifetime>({
    title: trans.__('Insert link'),
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Insert') })
    ]
  });
  return result.button.accept ? result.value : null;
}

/** The kernel is Python and lacks our package. */
export async function askMissing(trans: ITranslator): Promise<Instead> {
  const result = await showDialog({
    title: trans.__('The kernel lacks the package'),
    body: trans.__(
      'The inserted code needs jupyter-openeo-artifacts, which is not installed in this kernel. A cell with "%1" can be inserted above it, or a link instead.',
      PIP_INSTALL
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.createButton({
        label: trans.__('Insert link'),
        actions: ['url']
      }),
      Dialog.okButton({
        label: trans.__('Insert %pip install'),
        actions: ['pip']
      })
    ]
  });
  return answerOf(result.button.actions);
}

/** The kernel could not be asked: it is busy, or none is running. */
export async function askUnknown(
  reason: 'busy' | 'none',
  trans: ITranslator
): Promise<Instead> {
  const result = await showDialog({
    title:
      reason === 'busy'
        ? trans.__('The kernel is busy')
        : trans.__('No kernel is running'),
    body:
      reason === 'busy'
        ? trans.__(
            'It could not be asked whether it has jupyter-openeo-artifacts, which the inserted code needs.'
          )
        : trans.__(
            'The inserted code needs a Python kernel with jupyter-openeo-artifacts.'
          ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.createButton({ label: trans.__('Insert link'), actions: ['url'] }),
      Dialog.okButton({
        label: trans.__('Insert code (makes a link when run)'),
        actions: ['reference']
      })
    ]
  });
  return answerOf(result.button.actions);
}

/** Show a text to copy by hand, where the browser lets no page write to the clipboard. */
export async function showToCopy(
  text: string,
  trans: ITranslator
): Promise<void> {
  const body = ReactWidget.create(
    <label>
      {trans.__('The browser does not let this page copy. Copy it by hand:')}
      <input
        className="jp-mod-styled"
        readOnly
        value={text}
        onFocus={event => event.currentTarget.select()}
      />
    </label>
  );
  body.addClass('jp-OpenEOArtifacts-dialog');
  await showDialog({
    title: trans.__('Copy by hand'),
    body,
    focusNodeSelector: 'input',
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

function answerOf(actions: readonly string[]): Instead {
  const [action] = actions;
  return action === 'url' || action === 'pip' || action === 'reference'
    ? action
    : 'cancel';
}

/** JupyterLab's dialogs, as {@link Inserter} asks by them. */
export const dialogs: IQuestions = {
  askLifetime,
  askMissing,
  askUnknown,
  showToCopy
};

/** Show whom the login of a connection is for, and let it be taken back. */
export async function showApproval(
  connection: Connection,
  session: SessionModel,
  trans: ITranslator
): Promise<void> {
  const { approved, destination } = connection;
  if (!destination) {
    return;
  }
  const close = Dialog.cancelButton({ label: trans.__('Close') });
  const withdraw = Dialog.warnButton({
    label: trans.__('Do not use it here any more')
  });
  const withdrawable = approved === 'device_login' || approved === 'user';
  const { button } = await showDialog({
    title: trans.__('Where your login goes'),
    body: describeApproval(connection, trans),
    buttons: withdrawable ? [close, withdraw] : [close],
    defaultButton: 0
  });
  if (withdrawable && button.accept) {
    await session.withdraw();
  }
}
