import { KERNEL_GONE } from '../transport';

/** Whose a file is: where it goes to, and who was signed in there when it was added. */
export interface IFileOwner {
  /** Absent where the other side knows whose storage it is. */
  readonly connection?: string;
  /** Absent where it is not known. */
  readonly account?: string;
  /** The backend of the connection, which a later sign-in makes anew. */
  readonly backend?: string;
}

/** The owner of a file that goes to the connection of who is signed in now. */
export function movedTo(
  owner: IFileOwner,
  { connection }: IFileOwner
): IFileOwner {
  return connection === undefined ? owner : { ...owner, connection };
}

/** The code of a problem after which a file is sent from its first byte, to an upload of its own. */
export const UPLOAD_LOST = 'kernel_restarted';

/** The codes of problems after which an upload that was begun is nobody's. */
export const LOST: ReadonlySet<string> = new Set([UPLOAD_LOST, KERNEL_GONE]);

/** The codes of problems that the same file meets again, however often it is sent from here. */
const IN_VAIN: ReadonlySet<string> = new Set([KERNEL_GONE]);

/** The code of the problem that a file's name cannot be stored. */
const NAME_INVALID = 'name_invalid';

/**
 * What can be done with a file that is at hand and was refused: try it again, or under another name,
 * which is said; neither where that would meet the same problem.
 */
export function waysOn(
  name: string,
  code: string
): { readonly again: boolean; readonly otherName?: string } {
  if (code !== NAME_INVALID) {
    return { again: !IN_VAIN.has(code) };
  }
  // Control characters and line separators.
  const otherName = name.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '_');
  return otherName === name ? { again: false } : { again: false, otherName };
}

/** The codes of problems that a sign-in ends. */
export const SIGNED_OUT: ReadonlySet<string> = new Set([
  'not_signed_in',
  'no_such_connection'
]);

/** The code of the problem that somebody else is signed in than when a file was added. */
const OTHER_ACCOUNT = 'other_account';

/** Whether a file that was refused with a code goes on now that somebody is signed in. */
export function goesOn(
  code: string,
  { account, backend }: IFileOwner,
  now: IFileOwner
): boolean {
  return (
    backend === now.backend &&
    (SIGNED_OUT.has(code) ||
      (code === OTHER_ACCOUNT && account === now.account))
  );
}
