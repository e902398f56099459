import type { Outage } from '../transport';
import { outageOf } from './problem';
import { type ISnapshot, type Session, unreachable } from './state';

/** Whether our server answers, and since when (ms of the wall clock). */
export type Connectivity =
  /** It was not asked yet. */
  | { readonly state: 'unknown' }
  | (Answering & { readonly state: 'connected' })
  /** Nothing of ours has answered since; what is shown is what was known then. */
  | {
      readonly state: 'lost';
      /** The last answer; null where there was none. */
      readonly since: number | null;
      readonly outage: Outage;
      readonly server: IServer;
    }
  /** It has answered again, and what it knows is being read anew. */
  | (Answering & { readonly state: 'back' });

type Answering = {
  readonly since: number;
  /** The last answer. */
  readonly heard: number;
  readonly server: IServer;
};

/** Which process of the server answers. */
export interface IServer {
  /** Null where that is not told. */
  readonly process: string | null;
  /** When it was found to be another one than before; null where it never was. */
  readonly restarted: number | null;
}

/** What tells something about the line to our server. */
export type Contact =
  /** Our server has answered; `everything`: all that is shown was read with it. */
  | {
      readonly type: 'answered';
      readonly at: number;
      readonly process: string | null;
      readonly everything: boolean;
    }
  /** Nobody has answered what is shown, or somebody else has. */
  | { readonly type: 'unanswered'; readonly outage: Outage }
  /** Someone else has lost the line: the browser, Jupyter's own requests, a command. */
  | { readonly type: 'doubt' }
  /** It may be there again: the network, the window, Jupyter's own news. */
  | { readonly type: 'hope' };

/** What to ask after a contact: nothing, whether the server is there, or all that is shown. */
export type Question = 'nothing' | 'presence' | 'everything';

/** What some reads tell of the line, by the errors of those that failed. */
export function contactOf(
  errors: readonly unknown[],
  session: Session,
  answer: Omit<Extract<Contact, { type: 'answered' }>, 'type'>
): Contact {
  const unread = session.state === 'unavailable' ? session.outage : null;
  const outage = errors.map(outageOf).find(found => found !== null) ?? unread;
  return outage === null
    ? { type: 'answered', ...answer }
    : { type: 'unanswered', outage };
}

/** What is shown of the line. */
export function shownOf(
  now: Connectivity
): Pick<ISnapshot, 'outage' | 'heard' | 'restarted'> {
  const lost = now.state === 'lost' ? now : null;
  return {
    outage: lost?.outage ?? null,
    heard: lost?.since ? new Date(lost.since) : null,
    restarted: now.state === 'unknown' ? null : now.server.restarted
  };
}

const NEW: IServer = { process: null, restarted: null };

/** The state after a contact, and what is to be asked then. */
export function transition(
  now: Connectivity,
  contact: Contact
): readonly [Connectivity, Question] {
  switch (contact.type) {
    case 'answered':
      return onAnswer(now, contact);
    case 'unanswered':
      return [lost(now, contact.outage), 'nothing'];
    case 'doubt':
      return [now, now.state === 'connected' ? 'presence' : 'nothing'];
    case 'hope':
      return [now, now.state === 'lost' ? 'everything' : 'nothing'];
    default:
      return unreachable(contact);
  }
}

function onAnswer(
  now: Connectivity,
  { at, process, everything }: Extract<Contact, { type: 'answered' }>
): readonly [Connectivity, Question] {
  const before = now.state === 'unknown' ? NEW : now.server;
  const restarted =
    process !== null && before.process !== null && process !== before.process;
  const server: IServer = {
    process: process ?? before.process,
    restarted: restarted ? at : before.restarted
  };
  const steady =
    now.state === 'unknown' || (now.state === 'connected' && !restarted);
  const since =
    now.state === 'connected' || now.state === 'back' ? now.since : at;
  if (steady || everything) {
    return [{ state: 'connected', since, heard: at, server }, 'nothing'];
  }
  return [
    { state: 'back', since, heard: at, server },
    now.state === 'back' ? 'nothing' : 'everything'
  ];
}

function lost(now: Connectivity, outage: Outage): Connectivity {
  switch (now.state) {
    case 'unknown':
      return { state: 'lost', since: null, outage, server: NEW };
    case 'lost':
      return now.outage === outage ? now : { ...now, outage };
    case 'connected':
    case 'back':
      return { state: 'lost', since: now.heard, outage, server: now.server };
    default:
      return unreachable(now);
  }
}
