/**
 * What the widget's page and the kernel say to each other; comm_messages.py is the other side and
 * describes each message.
 */

import type { Hearing } from './sending';

/** What went wrong, whose move it is and what to do. */
export interface IProblem {
  readonly code: string;
  readonly message: string;
  readonly who: 'you' | 'provider' | 'wait';
  readonly todo: string;
  readonly request_id: string | null;
}

/** The states of an upload that this page began. */
export type UploadState =
  | 'queued'
  | 'receiving'
  | 'uploading'
  | 'verifying'
  | 'staged'
  | 'paused'
  | 'failed'
  | 'cancelled';

/** An upload as it is now; sizes in bytes, speed in bytes per second. */
export interface IUpload {
  readonly is: 'upload';
  readonly upload: string;
  readonly name: string;
  readonly state: UploadState;
  readonly size: number | null;
  readonly bytes_received: number;
  readonly bytes_stored: number;
  readonly speed: number | null;
  readonly seconds_left: number | null;
  readonly artifact: string | null;
  readonly problem: IProblem | null;
  readonly can_retry: boolean;
  readonly reused: boolean;
  readonly awaits_confirmation: boolean;
  readonly advice: string | null;
}

/** A staged artifact. */
export interface IArtifact {
  readonly artifact: string;
  readonly name: string;
  readonly uri: string;
  readonly backend: string;
  readonly size: number;
  readonly origin: string;
  readonly staged_at: string;
  /** "size" where storage had no MD5s to compare with those of the file. */
  readonly verified: 'etag' | 'size';
  /** Who staged it, as the backend names them; empty where it is not known. */
  readonly account: string;
}

/** Which login the kernel will use, or why it has none. */
export interface IHere {
  readonly is: 'here';
  readonly backend: string | null;
  readonly problem: IProblem | null;
}

/** The one message with a secret in it: never kept. */
export interface ILink {
  readonly is: 'link';
  readonly request: string;
  readonly url: string;
  readonly valid_until: string;
  /** Whether storage has confirmed that the file is there. */
  readonly checked: boolean;
}

/** An answer that carries the request it belongs to. */
export type Answer =
  | { readonly is: 'opened'; readonly request: string; readonly upload: string }
  | ILink
  | {
      readonly is: 'refused';
      readonly request: string | null;
      readonly problem: IProblem;
    };

export type FromKernel =
  | IHere
  | { readonly is: 'artifacts'; readonly items: readonly IArtifact[] }
  | IUpload
  | {
      readonly is: 'received';
      readonly upload: string;
      readonly offset: number;
      readonly why: Hearing;
    }
  | {
      readonly is: 'stalled';
      readonly upload: string;
      readonly offset: number;
      readonly problem: IProblem;
    }
  | { readonly is: 'unknown'; readonly upload: string }
  | Answer;

export type FromPage =
  | { readonly do: 'hello' }
  | {
      readonly do: 'open';
      readonly request: string;
      readonly name: string;
      readonly size: number;
      readonly confirm: true;
    }
  | {
      readonly do: 'confirm';
      readonly upload: string;
      readonly unchanged: boolean;
    }
  | { readonly do: 'chunk'; readonly upload: string; readonly offset: number }
  | { readonly do: 'where'; readonly upload: string }
  | { readonly do: 'cancel'; readonly upload: string }
  | { readonly do: 'retry'; readonly upload: string }
  | {
      readonly do: 'link';
      readonly request: string;
      readonly artifact: string;
    };

/** The part of anywidget's model that is used (https://anywidget.dev/en/afm/). */
export interface IModel {
  send(
    content: FromPage,
    callbacks?: undefined,
    buffers?: readonly ArrayBuffer[]
  ): void;
  on(event: 'msg:custom', callback: (message: FromKernel) => void): void;
  off(event: 'msg:custom', callback: (message: FromKernel) => void): void;
}

/** Whether nothing more will happen to a job without a person. */
export function ended(state: UploadState): boolean {
  return state === 'staged' || state === 'failed' || state === 'cancelled';
}
