import type { ISignal } from '@lumino/signaling';

import type { AnswerTo, Operation, Params } from './operations';
import type { Artifact, Upload } from './types';

/** What there are lists of. */
export type Resource = 'uploads' | 'artifacts' | 'connections';

/** One thing of a list is another one now; `value` where it came with the news. */
export type Change =
  | {
      readonly resource: 'uploads';
      readonly id: string;
      readonly state: string;
      readonly value?: Upload;
    }
  | {
      readonly resource: 'artifacts';
      readonly id: string;
      readonly state: string;
      readonly value?: Artifact;
    }
  | {
      readonly resource: 'connections';
      readonly id: string;
      readonly state: string;
      readonly value?: undefined;
    };

/** How a file's bytes travel from this page to an upload. */
export interface ISenderOptions {
  readonly file: File;
  /** The upload to go on with; absent for a new one. */
  readonly upload?: string;
  /** Whose storage a new one goes to; absent where the other side knows. */
  readonly connection?: string;
  /** Who was signed in when the file was added; nobody else's upload is made of it. */
  readonly account?: string;
  /** The upload exists and is waiting for bytes. */
  readonly onUpload: (upload: string) => void;
  /** So many bytes have arrived, where the answers to them tell it. */
  readonly onReceived?: (bytes: number) => void;
  /** An answer stayed out; true until the next bytes go through. */
  readonly onWaiting: (waiting: boolean) => void;
}

/** The bytes of one file on their way. */
export interface ISender {
  /**
   * Settles once: when the other side has the bytes and has heard whether the file is unchanged, when
   * nothing more can be done here (an `APIError`), or after {@link abort} (never rejected then).
   */
  readonly done: Promise<void>;
  start(): void;
  /** Stop sending; the upload itself is the other side's and is cancelled there. */
  abort(): void;
  /** Try again now where nobody has answered: the other side may be back. */
  wake(): void;
}

/** The way to the engine: a Jupyter server, or a kernel. Both speak the same documents. */
export interface ITransport {
  /** Which of the two it is, as people are told what does not answer. */
  readonly kind: 'server' | 'kernel';

  /**
   * Ask for an operation of openapi.yaml.
   *
   * Throws `APIError` for all but a success; one with an `outage` where something else than the engine
   * has answered, or nobody. An abort throws an `AbortError`.
   */
  request<O extends Operation>(
    operation: O,
    params: Params<O>,
    signal?: AbortSignal
  ): Promise<AnswerTo<O>>;

  /** Send a file to an upload. */
  send(options: ISenderOptions): ISender;

  /** What has changed on the other side. */
  readonly changes: ISignal<unknown, Change>;

  /** News that come only while the other side is there. */
  readonly signs: readonly ISignal<unknown, unknown>[];

  /** News that others have not heard from it. */
  readonly doubts: readonly ISignal<unknown, unknown>[];

  /** Which process of the other side has answered last; null where that is not told. */
  readonly process: string | null;

  /** How often lists are read while something runs, in case a change was lost (ms). */
  readonly interval: number;

  /** Whether the other side itself is there where our part of it does not answer. */
  isThere(): Promise<boolean>;

  dispose(): void;
}
