import { Dialog } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import type { CommandRegistry } from '@lumino/commands';

import {
  CommandIDs,
  type CommandArgs,
  type CommandID,
  type IHost,
  type IRowAction,
  type MenuEntry,
  copyEntries,
  kindOf
} from '../app';
import type { IDropped } from '../files';
import type { InsertKind } from '../insert';
import type { ITranslator } from '../text';
import type { Artifact, Connection } from '../transport';
import { carryArtifacts } from './cellDrop';
import { showApproval } from './dialogs';
import type { IOpenEOArtifacts } from './tokens';

/** What the panel, and JupyterLab as it sees it, are made of. */
export interface IPanelOptions extends IOpenEOArtifacts {
  readonly commands: CommandRegistry;
  readonly trans: ITranslator;
}

/** JupyterLab, as the panel sees it: its commands, its translator, its file browser, its dialogs. */
export class LabHost implements IHost {
  constructor(private readonly _options: IPanelOptions) {
    const { trans } = _options;
    this.trans = trans;
    this.rowActions = [
      {
        named: name => trans.__('Copy link to %1', name),
        title: trans.__('Copy a new link with the longest lifetime possible'),
        icon: 'link',
        does: CommandIDs.copyLink
      },
      {
        named: name => trans.__('Insert %1', name),
        title: trans.__('Insert, copy, remove'),
        icon: 'caret',
        does: id => [
          ...this._inserts(id),
          'separator',
          { command: CommandIDs.copyURI, args: { id } },
          { command: CommandIDs.forgetArtifact, args: { id } },
          'separator',
          ...this._inStorage(id)
        ]
      }
    ];
  }

  readonly line = 'server';
  readonly kindOf = kindOf;
  readonly hub = hubPage();
  readonly trans: IHost['trans'];
  readonly rowActions: readonly IRowAction[];
  readonly rowKeys = {
    Enter: CommandIDs.insert,
    Delete: CommandIDs.forgetArtifact
  } as const;

  async execute(command: CommandID, args: CommandArgs = {}): Promise<void> {
    await this._options.commands.execute(command, { ...args });
  }

  isAsking(): boolean {
    return Dialog.tracker.size > 0;
  }

  label(command: CommandID, args: CommandArgs): string {
    return this._options.commands.label(command, args);
  }

  isEnabled(command: CommandID, args: CommandArgs): boolean {
    return this._options.commands.isEnabled(command, args);
  }

  rowMenu(id: string): readonly MenuEntry[] {
    return [
      ...this._inserts(id),
      'separator',
      { command: CommandIDs.copyLink, args: { id } },
      { command: CommandIDs.copyURI, args: { id } },
      'separator',
      { command: CommandIDs.forgetArtifact, args: { id } },
      'separator',
      ...this._inStorage(id)
    ];
  }

  manyMenu(ids: readonly string[]): readonly MenuEntry[] {
    return [
      { command: CommandIDs.insert, args: { ids } },
      'separator',
      ...copyEntries(ids),
      'separator',
      { command: CommandIDs.forgetArtifact, args: { ids } }
    ];
  }

  drag(artifacts: readonly Artifact[], transfer: DataTransfer): void {
    carryArtifacts(artifacts, transfer);
  }

  take(dropped: IDropped): void {
    void this._options.intake.takeDropped(dropped);
  }

  takePaths(paths: readonly string[]): void {
    void this._options.intake.takePaths(paths);
  }

  showApproval(connection: Connection): Promise<void> {
    return showApproval(connection, this._options.model.session, this.trans);
  }

  /** What can be done with the stored file. */
  private _inStorage(id: string): readonly MenuEntry[] {
    const { verify, download, stageAgain, deleteStored } = CommandIDs;
    return [verify, download, stageAgain, deleteStored].map(command => ({
      command,
      args: { id }
    }));
  }

  /** The ways to insert, that of the person's settings first: it is what Enter does. */
  private _inserts(id: string): readonly MenuEntry[] {
    const kinds: readonly InsertKind[] = ['reference', 'uri', 'link'];
    const { inserter } = this._options;
    const here = [inserter.preferences.kind, ...kinds].map(kind =>
      inserter.kindHere(kind)
    );
    return [...new Set(here)].map(how => ({
      command: CommandIDs.insert,
      args: { id, how }
    }));
  }
}

/** The hub's page on which a person starts a server; undefined where JupyterLab knows of no hub. */
function hubPage(): string | undefined {
  const prefix = PageConfig.getOption('hubPrefix');
  return prefix === ''
    ? undefined
    : URLExt.join(PageConfig.getOption('hubHost') || '/', prefix, 'home');
}
