import type { IDropped } from '../files/dropped';
import type { Artifact, Connection } from '../transport';
import type { CommandIDs } from './commands';
import type { IconName } from './drawings';
import type { Kind } from './kinds';
import type { ITranslator } from '../text/translator';
import type { Line } from './words';

/** A command that a button or a key may run. */
export type CommandID = (typeof CommandIDs)[keyof typeof CommandIDs];

/** What a command works on. */
export type CommandArgs = Readonly<Record<string, string | readonly string[]>>;

/** A command with what it works on. */
export interface ICommandEntry {
  readonly command: CommandID;
  readonly args: CommandArgs;
  /** What the menu says, where that is not the command's own label. */
  readonly label?: string;
}

/** One line of a menu. */
export type MenuEntry =
  | ICommandEntry
  | { readonly label: string; readonly run: () => void | Promise<unknown> }
  | 'separator';

/** A button in the row of an artifact: it runs a command, or opens a menu. */
export interface IRowAction {
  /** Its accessible name. */
  readonly named: (name: string) => string;
  /** What it does, on hover. */
  readonly title: string;
  readonly icon: IconName;
  readonly does: CommandID | ((artifact: string) => readonly MenuEntry[]);
}

/** What the place gives in which the application is shown: JupyterLab, or the output of a cell. */
export interface IHost {
  readonly trans: ITranslator;

  /** What is at the other end, for the words about it. */
  readonly line: Line;

  /** What a file is for; absent where all look alike. */
  kindOf?(name: string, type?: string): Kind;

  /** The address of the hub's page that can start this server; absent where there is no hub. */
  readonly hub?: string;

  /** Run a command, until it has ended; what goes wrong is said by the command itself. */
  execute(command: CommandID, args?: CommandArgs): Promise<void>;

  /** Whether a dialog waits for the person. */
  isAsking?(): boolean;

  /** The label of a command. */
  label(command: CommandID, args: CommandArgs): string;

  /** Whether a command can be run. */
  isEnabled(command: CommandID, args: CommandArgs): boolean;

  /** The buttons of each artifact. */
  readonly rowActions: readonly IRowAction[];

  /** The menu of an artifact, by the second button of the mouse or by key. */
  rowMenu(artifact: string): readonly MenuEntry[];

  /** The menu of several artifacts, where something can be done with them together. */
  manyMenu?(artifacts: readonly string[]): readonly MenuEntry[];

  /** Give a drag what it carries, where artifacts can be dragged. */
  drag?(artifacts: readonly Artifact[], transfer: DataTransfer): void;

  /** What Enter and Delete do on an artifact. */
  readonly rowKeys: Readonly<Partial<Record<'Enter' | 'Delete', CommandID>>>;

  /** Take what was dropped or chosen. */
  take(dropped: IDropped): void | Promise<void>;

  /** Take paths that JupyterLab's file browser has dropped. */
  takePaths?(paths: readonly string[]): void;

  /** Show whom the login of a connection is for, and let it be taken back. */
  showApproval?(connection: Connection): Promise<void>;
}
