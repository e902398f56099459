import { type ISignal, Signal } from '@lumino/signaling';

import { copyText } from '../text/clipboard';
import { CommandIDs } from '../app/commands';
import type {
  CommandArgs,
  CommandID,
  ICommandEntry,
  IHost,
  IRowAction,
  MenuEntry
} from '../app/host';
import type { ITranslator } from '../text/translator';
import { describeCopied, describeShown } from '../insert/copied';
import type { IDropped } from '../files/dropped';
import { FOLDER_EVENT, type IFolderDetail } from '../files/folderEvent';
import { type IAsking, mayStage } from '../files/many';
import { type IInsertDetail, INSERT_EVENT } from '../insert/event';
import { wholeText, requestFor } from '../insert/names';
import {
  type ArtifactsModel,
  connectionOf,
  localProblem,
  toldAtOnce
} from '../model';
import type { Artifact } from '../transport';
import type { IOffer } from './copyField';

/** The output of a cell: no commands but our own, no dialogs, and perhaps nobody who can insert. */
export class WidgetHost implements IHost {
  constructor(
    private readonly _model: ArtifactsModel,
    private readonly _root: Element,
    readonly trans: ITranslator
  ) {
    this._labels = {
      [CommandIDs.copyLink]: trans.__('Copy link'),
      [CommandIDs.copyURI]: trans.__('Copy s3:// address'),
      [CommandIDs.insert]: trans.__('Insert below')
    };
    this.rowActions = [
      {
        named: name => trans.__('Copy link: %1', name),
        title: trans.__('Copy link'),
        icon: 'link',
        does: CommandIDs.copyLink
      },
      {
        named: name => trans.__('Insert below: %1', name),
        title: trans.__('Insert below'),
        icon: 'insert',
        does: CommandIDs.insert
      }
    ];
  }

  readonly line = 'kernel';
  readonly rowActions: readonly IRowAction[];
  readonly rowKeys = { Enter: CommandIDs.insert } as const;

  /** A text that is to be copied by hand. */
  get offered(): ISignal<this, IOffer> {
    return this._offered;
  }

  async execute(command: CommandID, { id }: CommandArgs = {}): Promise<void> {
    try {
      await this._run(command, String(id));
    } catch (error) {
      this._model.notices.failed(error);
    }
  }

  label(command: CommandID): string {
    return this._labels[command] ?? command;
  }

  isEnabled(): boolean {
    return true;
  }

  rowMenu(id: string): readonly MenuEntry[] {
    const entry = (command: CommandID): ICommandEntry => ({
      command,
      args: { id }
    });
    return [
      entry(CommandIDs.insert),
      'separator',
      entry(CommandIDs.copyLink),
      entry(CommandIDs.copyURI)
    ];
  }

  async take(dropped: IDropped): Promise<void> {
    const { notices, sender, snapshot, uploads } = this._model;
    // The kernel knows with which login; it may be another account's when a file's turn comes.
    const account = connectionOf(snapshot.session)?.account;
    const detail: IFolderDetail = {};
    if (dropped.folders.length > 0) {
      const init = { detail, bubbles: true, composed: true };
      this._root.dispatchEvent(new CustomEvent(FOLDER_EVENT, init));
    }
    const { filesToStage = withoutFolders } = detail;
    const files = await filesToStage(dropped, {
      questions: notices.questions,
      trans: this.trans,
      refuse: (name, problem) => sender.refuse(name, problem)
    });
    if (files.length > 0) {
      sender.turns.queue.limit = toldAtOnce();
      uploads.send(files, account ? { account } : {});
    }
  }

  private async _run(command: CommandID, id: string): Promise<void> {
    const model = this._model;
    const artifact = model.artifact(id);
    switch (command) {
      case CommandIDs.cancelUpload:
        return model.uploads.cancel(id);
      case CommandIDs.retryUpload:
        return model.uploads.retry(id);
      case CommandIDs.forgetUpload:
        return model.uploads.forget(id);
      case CommandIDs.refresh:
        return model.refresh();
      case CommandIDs.copyLink:
        return artifact && this._copyLink(artifact);
      case CommandIDs.copyURI:
        return (
          artifact &&
          this._copy(
            Promise.resolve(artifact.uri),
            this.trans.__('s3:// address copied.'),
            artifact.name
          )
        );
      case CommandIDs.insert:
        return artifact && this._insert(artifact);
      case CommandIDs.cancelAll:
      case CommandIDs.chooseFiles:
      case CommandIDs.copyLinks:
      case CommandIDs.filter:
      case CommandIDs.forgetArtifact:
      case CommandIDs.open:
      case CommandIDs.signIn:
      case CommandIDs.signOut:
      case CommandIDs.stage:
      case CommandIDs.stageDocument:
      case CommandIDs.switchBackend:
        return undefined; // of a panel
    }
  }

  private async _copyLink({ id, name }: Artifact): Promise<void> {
    const { notices } = this._model;
    const signed = this._model.sign(id);
    const copied = await copyText(signed.then(({ url }) => url));
    if (copied) {
      notices.say(describeCopied(await signed, this.trans));
    } else {
      const { url } = await signed;
      notices.say(describeShown(await signed, this.trans));
      this._offered.emit({
        label: this.trans.__('Link to %1', name),
        text: url
      });
    }
  }

  /**
   * Ask whoever has the notebook to insert the lines that read an artifact. In JupyterLab and Notebook 7
   * our extension does; elsewhere (VS Code, Colab) nobody listens, and they are copied.
   */
  private async _insert(artifact: Artifact): Promise<void> {
    const { client, notices } = this._model;
    const detail: IInsertDetail = {};
    const left = this._root.dispatchEvent(
      new CustomEvent(INSERT_EVENT, {
        detail,
        bubbles: true,
        composed: true,
        cancelable: true
      })
    );
    const notebook = left ? undefined : detail.notebook;
    const source = client
      .writeSnippet(requestFor([artifact], 'reference', notebook))
      .then(wholeText);
    if (notebook?.insertBelow(await source)) {
      notices.say(this.trans.__('Inserted below.'));
      return;
    }
    await this._copy(
      source,
      this.trans.__(
        'Nothing can be inserted from here, so the lines were copied: paste them in a cell.'
      ),
      artifact.name
    );
  }

  private async _copy(
    text: Promise<string>,
    said: string,
    name: string
  ): Promise<void> {
    const { notices } = this._model;
    if (await copyText(text)) {
      notices.say(said);
    } else {
      notices.say(
        this.trans.__(
          'This browser does not let pages copy. Copy the text yourself.'
        )
      );
      this._offered.emit({
        label: this.trans.__('Lines that read %1', name),
        text: await text
      });
    }
  }

  private readonly _labels: Partial<Record<CommandID, string>>;
  private readonly _offered = new Signal<this, IOffer>(this);
}

/** Where nobody is there to read folders: what to do instead. */
async function withoutFolders(
  { files, folders }: IDropped,
  asking: IAsking
): Promise<readonly File[]> {
  const { refuse, trans } = asking;
  for (const { name } of folders) {
    const message = trans.__('“%1” is a folder.', name);
    const todo = trans.__('Zip it first, then drop the zip file.');
    refuse(name, localProblem('folder', message, todo));
  }
  return (await mayStage(files, asking)) ? files : [];
}
