import { randomUUID } from 'node:crypto';

import { Page } from '@playwright/test';

import { Host } from '../servers/published';

declare global {
  interface Window {
    /** The lines that the page has sent something by, the newest last. */
    linesUsed?: WebSocket[];
  }
}

/** A message of the kernel to a widget's page: an answer of JSON-RPC, or a notification. */
export interface IHeard {
  readonly id?: string | null;
  readonly result?: Readonly<Record<string, unknown>> | null;
  readonly error?: {
    readonly message: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
  readonly method?: string;
  readonly params?: {
    readonly resource: string;
    readonly id: string;
    readonly state: string;
    readonly value?: { readonly name: string };
  };
}

/** A message to the kernel, of any form: nobody keeps a visitor from sending what they like. */
export type Said = Readonly<Record<string, unknown>>;

/**
 * What goes over the wire between the one widget of a page and its kernel: everything that the kernel
 * says is kept, and messages can be sent that no button sends.
 */
export abstract class Wire {
  /** Listen in a page that was not loaded yet. */
  static async tap(page: Page, host: Host): Promise<Wire> {
    const wire: Wire =
      host === 'voila' ? new KernelWire(page) : new MarimoWire(page);
    await wire.listen();
    return wire;
  }

  constructor(protected readonly page: Page) {}

  /** Everything that the kernel has said to the widget. */
  readonly heard: IHeard[] = [];

  /** Ask for an operation by hand. */
  ask(
    id: string,
    method: string,
    params: Said = {},
    bytes?: Buffer
  ): Promise<void> {
    return this.say({ jsonrpc: '2.0', id, method, params }, bytes);
  }

  /** Send a message as the widget does, with its own rights and nobody else's. */
  abstract say(message: Said, bytes?: Buffer): Promise<void>;

  protected abstract listen(): Promise<void>;
}

/** Jupyter's websocket, in the form v1.kernel.websocket.jupyter.org. */
class KernelWire extends Wire {
  async say(message: Said, bytes?: Buffer): Promise<void> {
    if (this._sample === null) {
      throw new Error('The widget has not said anything yet.');
    }
    const { channel, parts } = this._sample;
    const [header, parent, metadata, content] = parts.map(part =>
      JSON.parse(part.toString())
    );
    header.msg_id = randomUUID();
    content.data = { method: 'custom', content: message };
    const texts = [header, parent, metadata, content].map(part =>
      Buffer.from(JSON.stringify(part))
    );
    const frame = pack({ channel, parts: bytes ? [...texts, bytes] : texts });
    await this.page.evaluate(text => {
      const binary = Uint8Array.from(atob(text), each => each.charCodeAt(0));
      window.linesUsed!.at(-1)!.send(binary);
    }, frame.toString('base64'));
  }

  protected async listen(): Promise<void> {
    await this.page.addInitScript(() => {
      const { send } = WebSocket.prototype;
      const used: WebSocket[] = (window.linesUsed = []);
      WebSocket.prototype.send = function (data) {
        if (used.at(-1) !== this) {
          used.push(this);
        }
        send.call(this, data);
      };
    });
    this.page.on('websocket', line => {
      line.on('framesent', ({ payload }) => {
        const frame = unpack(payload);
        if (frame && customOf(frame)) {
          this._sample = frame;
        }
      });
      line.on('framereceived', ({ payload }) => {
        const frame = unpack(payload);
        const message = frame && customOf(frame);
        if (message) {
          this.heard.push(message as IHeard);
        }
      });
    });
  }

  private _sample: IFrame | null = null;
}

/** One message of Jupyter's websocket: header, parent header, metadata, content and buffers. */
interface IFrame {
  readonly channel: string;
  readonly parts: readonly Buffer[];
}

function unpack(payload: string | Buffer): IFrame | null {
  if (typeof payload === 'string') {
    return null;
  }
  const count = Number(payload.readBigUInt64LE(0));
  const places = Array.from({ length: count }, (_, index) =>
    Number(payload.readBigUInt64LE(8 * (index + 1)))
  );
  const [channel, ...parts] = places
    .slice(0, -1)
    .map((start, index) => payload.subarray(start, places[index + 1]));
  return { channel: channel!.toString(), parts };
}

function pack({ channel, parts }: IFrame): Buffer {
  const all = [Buffer.from(channel), ...parts];
  const head = Buffer.alloc(8 * (all.length + 2));
  head.writeBigUInt64LE(BigInt(all.length + 1), 0);
  let place = head.length;
  [...all, Buffer.alloc(0)].forEach((part, index) => {
    head.writeBigUInt64LE(BigInt(place), 8 * (index + 1));
    place += part.length;
  });
  return Buffer.concat([head, ...all]);
}

/** The custom message of a widget that a frame carries, if it does. */
function customOf({ parts }: IFrame): unknown {
  if (JSON.parse(parts[0]!.toString()).msg_type !== 'comm_msg') {
    return null;
  }
  const { data } = JSON.parse(parts[3]!.toString());
  return data.method === 'custom' ? data.content : null;
}

/** marimo's own: requests to the kernel, and a websocket with its answers. */
class MarimoWire extends Wire {
  async say(message: Said, bytes?: Buffer): Promise<void> {
    if (this._sample === null) {
      throw new Error('The widget has not said anything yet.');
    }
    const { body, headers, url } = this._sample;
    const status = await this.page.evaluate(
      async ([address, init]) => (await fetch(address, init)).status,
      [
        url,
        {
          method: 'POST',
          headers,
          body: JSON.stringify({
            ...body,
            message: { method: 'custom', content: message },
            buffers: bytes ? [bytes.toString('base64')] : []
          })
        }
      ] as const
    );
    if (status !== 200) {
      throw new Error(`marimo has not taken the message: ${status}`);
    }
  }

  protected async listen(): Promise<void> {
    this.page.on('request', request => {
      const body = request.postData();
      if (request.url().endsWith('/api/kernel/set_model_value') && body) {
        this._sample ??= {
          url: request.url(),
          body: JSON.parse(body),
          headers: Object.fromEntries(
            Object.entries(request.headers()).filter(([name]) =>
              /^(marimo-|x-|content-type)/.test(name)
            )
          )
        };
      }
    });
    this.page.on('websocket', line => {
      line.on('framereceived', ({ payload }) => {
        const { data, op } = JSON.parse(payload.toString());
        if (op === 'model-lifecycle' && data.message.method === 'custom') {
          this.heard.push(data.message.content);
        }
      });
    });
  }

  private _sample: {
    readonly url: string;
    readonly body: Readonly<Record<string, unknown>>;
    readonly headers: Readonly<Record<string, string>>;
  } | null = null;
}
