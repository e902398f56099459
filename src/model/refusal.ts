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

/** The code of a problem after which a file is sent from its first byte, to an upload of its own. */
export const UPLOAD_LOST = 'kernel_restarted';

/** The codes of problems after which an upload that was begun is nobody's. */
export const LOST: ReadonlySet<string> = new Set([UPLOAD_LOST, KERNEL_GONE]);

/** The codes of problems that the same file meets again, however often it is sent from here. */
export const IN_VAIN: ReadonlySet<string> = new Set([KERNEL_GONE]);

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
