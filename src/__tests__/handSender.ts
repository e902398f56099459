import { type PanelModel, makePanelModel } from '../model';
import type { ISender, ISenderOptions } from '../transport';
import { BACKEND, type FakeServer, connection, status } from './fakeServer';

/** A sender that is moved by hand. */
export class HandSender implements ISender {
  constructor(readonly options: ISenderOptions) {
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }

  readonly done: Promise<void>;
  finish!: () => void;
  fail!: (error: unknown) => void;
  started = false;
  aborted = false;
  woken = 0;

  wake(): void {
    this.woken += 1;
  }

  start(): void {
    this.started = true;
  }

  abort(): void {
    this.aborted = true;
    this.finish();
  }
}

/** The model of somebody who is signed in, and the senders that it makes. */
export async function signedInModel(
  server: FakeServer
): Promise<{ model: PanelModel; sent: HandSender[] }> {
  server.routes['GET status'] = status({ last_backend: BACKEND });
  server.routes['GET connections'] = { connections: [connection()] };
  const sent: HandSender[] = [];
  const model = makePanelModel(
    server.transport(options => {
      const sender = new HandSender(options);
      sent.push(sender);
      return sender;
    })
  );
  await model.refresh();
  return { model, sent };
}
