import type {
  Artifact,
  Connection,
  Upload,
  Login,
  Outage,
  Problem,
  Status
} from '../transport';

/** The state of the panel and its backend; one word, and what belongs to that word only. */
export type Session =
  /** The server was not asked yet. */
  | { readonly state: 'loading' }
  /** Jupyter answers, our server extension does not. */
  | { readonly state: 'missing' }
  /** Jupyter itself does not answer, or forbids. */
  | {
      readonly state: 'unavailable';
      readonly outage: Outage | null;
      readonly message: string;
    }
  /** A backend is chosen and was not spoken to yet. */
  | { readonly state: 'closed'; readonly backend: string }
  /** The backend is being asked. */
  | { readonly state: 'connecting'; readonly backend: string }
  /** The backend could not be used. */
  | {
      readonly state: 'refused';
      readonly backend: string;
      readonly problem: Problem;
    }
  | { readonly state: 'signed_out'; readonly connection: Connection }
  /** The device flow runs; its code is shown. */
  | {
      readonly state: 'signing_in';
      readonly connection: Connection;
      readonly login: Login;
    }
  /** The device flow ended without a login: denied, expired, cancelled or failed. */
  | {
      readonly state: 'login_ended';
      readonly connection: Connection;
      readonly login: Login;
    }
  | { readonly state: 'signed_in'; readonly connection: Connection };

/** A file on its way from this browser, until the server's own upload tells the rest. */
export type QueuedFile = QueuedState & {
  /** Bytes, where they are known. */
  readonly size?: number;
};

type QueuedState =
  /** Other files go first. */
  | { readonly state: 'queued'; readonly key: string; readonly name: string }
  /** Nobody is signed in; it goes on by itself when somebody is. */
  | {
      readonly state: 'signed_out';
      readonly key: string;
      readonly name: string;
    }
  /** The upload is being asked for. */
  | { readonly state: 'starting'; readonly key: string; readonly name: string }
  /** The Jupyter server does not answer; it is tried again. */
  | { readonly state: 'waiting'; readonly key: string; readonly name: string }
  /** It never became an upload; `again` where trying once more makes sense. */
  | {
      readonly state: 'refused';
      readonly key: string;
      readonly name: string;
      readonly problem: Problem;
      readonly again: boolean;
      /** A name under which it can be tried, where its own is what was refused. */
      readonly otherName?: string;
    };

/** How the bytes of a receiving upload are getting on, seen from this browser. */
export type Sending =
  /** Other files go first. */
  | { readonly state: 'queued' }
  | {
      readonly state: 'sending';
      /** Bytes that have arrived, where the answers to them tell it. */
      readonly received?: number;
    }
  /** The Jupyter server does not answer; it is tried again. */
  | { readonly state: 'waiting' }
  /** Somebody has paused it. */
  | { readonly state: 'paused' }
  /** It is looked whether a file is the one that the upload waits for. */
  | { readonly state: 'comparing' }
  /** Given up here; the file is still at hand. */
  | { readonly state: 'broken'; readonly message: string };

/** A backend on offer. */
export interface IBackend {
  readonly url: string;
  readonly title: string;
}

/** All that the panel shows; replaced as a whole, never changed. */
export interface ISnapshot {
  readonly session: Session;
  /** Why the server did not answer when it was read last; what is shown is what was known before. */
  readonly outage: Outage | null;
  /** When it had answered last before that; null while it answers. */
  readonly heard: Date | null;
  /** When the server was found to be restarted (ms); null where it was not since the page was loaded. */
  readonly restarted: number | null;
  readonly status: Status | null;
  readonly backends: readonly IBackend[];
  readonly uploads: readonly Upload[];
  /** The newest ones, as far back as they were asked for. */
  readonly artifacts: readonly Artifact[];
  /** Where older artifacts go on; null where none are left. */
  readonly olderArtifacts: string | null;
  readonly queuedFiles: readonly QueuedFile[];
  /** By upload id. */
  readonly sending: ReadonlyMap<string, Sending>;
  /** Whether somebody has paused all that this browser sends. */
  readonly held: boolean;
  /** By artifact id: until when the last link made here is valid. Never the link itself. */
  readonly links: ReadonlyMap<string, Date>;
}

export const EMPTY: ISnapshot = Object.freeze({
  session: Object.freeze({ state: 'loading' } as const),
  outage: null,
  heard: null,
  restarted: null,
  status: null,
  backends: Object.freeze([]),
  uploads: Object.freeze([]),
  artifacts: Object.freeze([]),
  olderArtifacts: null,
  queuedFiles: Object.freeze([]),
  sending: new Map<string, Sending>(),
  held: false,
  links: new Map<string, Date>()
});

/** The connection that a session has, if it has one. */
export function connectionOf(session: Session): Connection | null {
  switch (session.state) {
    case 'signed_out':
    case 'signing_in':
    case 'login_ended':
    case 'signed_in':
      return session.connection;
    case 'loading':
    case 'missing':
    case 'unavailable':
    case 'closed':
    case 'connecting':
    case 'refused':
      return null;
    default:
      return unreachable(session);
  }
}

/** The backend's address that a session is about, if it is about one. */
export function backendOf(session: Session): string | null {
  return 'backend' in session
    ? session.backend
    : (connectionOf(session)?.backend ?? null);
}

/** Whether an upload can still change without a person. */
export function isRunning(upload: Upload): boolean {
  switch (upload.state) {
    case 'queued':
    case 'receiving':
    case 'uploading':
    case 'verifying':
    case 'paused':
      return true;
    case 'staged':
    case 'failed':
    case 'cancelled':
      return false;
    default:
      return unreachable(upload.state);
  }
}

/** How many files this browser sends, or is to send, that the list of uploads does not have yet. */
export function countUnlisted({
  queuedFiles,
  sending,
  uploads
}: ISnapshot): number {
  const listed = new Set(uploads.map(({ id }) => id));
  return (
    queuedFiles.filter(({ state }) => state !== 'refused').length +
    [...sending.keys()].filter(id => !listed.has(id)).length
  );
}

/** The end of a switch over a union: a new member is a compile error, not a silent gap. */
export function unreachable(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
