import type { Answer, FromKernel, FromPage, ILink, IModel } from './protocol';

/** How long a request may wait for its answer (ms). */
const PATIENCE = 20_000;

/** The kernel said no; the message is for people. */
export class Refused extends Error {}

/** The kernel has not answered in time. */
export class Late extends Error {}

type Settle = (answer: Answer) => void;

/** The line to the kernel: messages out, messages in, and answers to requests. */
export class Kernel {
  constructor(
    private readonly _model: IModel,
    private readonly _heard: (message: FromKernel) => void
  ) {
    this._model.on('msg:custom', this._listen);
  }

  /** Send a message; false where the line is cut. */
  send(message: FromPage, bytes?: ArrayBuffer): boolean {
    try {
      this._model.send(message, undefined, bytes ? [bytes] : undefined);
      return true;
    } catch {
      return false; // the kernel was restarted: its end of the line is gone
    }
  }

  /** Ask for a place for a file; resolves to the upload's id whenever the kernel comes to it. */
  async open(name: string, size: number): Promise<string> {
    const answer = await this._ask(
      request => ({ do: 'open', request, name, size, confirm: true }),
      null
    );
    if (answer.is !== 'opened') {
      throw new Refused();
    }
    return answer.upload;
  }

  /** Ask for a fresh link. */
  async link(artifact: string): Promise<ILink> {
    const answer = await this._ask(
      request => ({ do: 'link', request, artifact }),
      PATIENCE
    );
    if (answer.is !== 'link') {
      throw new Refused();
    }
    return answer;
  }

  dispose(): void {
    this._model.off('msg:custom', this._listen);
    this._asked.clear();
  }

  private _ask(
    message: (request: string) => FromPage,
    patience: number | null
  ): Promise<Answer> {
    const request = newRequest();
    return new Promise((resolve, reject) => {
      const timer =
        patience === null
          ? undefined
          : setTimeout(() => {
              this._asked.delete(request);
              reject(new Late());
            }, patience);
      this._asked.set(request, answer => {
        clearTimeout(timer);
        if (answer.is === 'refused') {
          const { message: what, todo } = answer.problem;
          reject(new Refused(`${what} ${todo}`.trim()));
        } else {
          resolve(answer);
        }
      });
      if (!this.send(message(request))) {
        clearTimeout(timer);
        this._asked.delete(request);
        reject(new Late());
      }
    });
  }

  private readonly _listen = (message: FromKernel): void => {
    this._heard(message);
    if (
      message.is === 'opened' ||
      message.is === 'link' ||
      message.is === 'refused'
    ) {
      const { request } = message;
      const settle = request === null ? undefined : this._asked.get(request);
      if (request !== null && settle) {
        this._asked.delete(request);
        settle(message);
      }
    }
  };

  private readonly _asked = new Map<string, Settle>();
}

/** A word nobody else uses; `crypto.randomUUID` is not there on plain http. */
function newRequest(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), byte =>
    byte.toString(16).padStart(2, '0')
  ).join('');
}
