import * as http from 'node:http';
import * as net from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';

import { freePort } from './ports';

/** An answer that is given in Jupyter's place; with status 0 the line is cut and there is none. */
export interface IStandIn {
  readonly status: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
}

/** Answers in Jupyter's place; null passes the request on. */
export type Stand = (request: http.IncomingMessage) => IStandIn | null;

/** One request as it reached the front, and what was answered (0 while nothing was). */
export interface ISeen {
  readonly method: string;
  readonly path: string;
  status: number;
}

/** Lets so many bytes of a body through, and the rest when it is opened. */
class Gate extends Transform {
  constructor(private _left: number) {
    super();
  }

  open(): void {
    this._left = Infinity;
    this._go?.();
    this._go = null;
  }

  override _transform(
    chunk: Buffer,
    _: BufferEncoding,
    done: TransformCallback
  ): void {
    const rest = chunk.subarray(this._left);
    this.push(chunk.subarray(0, this._left));
    this._left -= chunk.length - rest.length;
    if (rest.length === 0) {
      done();
    } else {
      this._go = () => done(null, rest);
    }
  }

  private _go: (() => void) | null = null;
}

/**
 * What stands between a browser and Jupyter, as a hub's proxy does: it passes everything on, and
 * can hold requests or answer them itself.
 */
export class Front {
  /** Stand before the server at `target`, an address with its base. */
  static async start(target: string, token: string): Promise<Front> {
    const port = await freePort();
    const front = new Front(new URL(target), port, token);
    await new Promise<void>(resolve =>
      front._server.listen(port, '127.0.0.1', resolve)
    );
    return front;
  }

  private constructor(
    private readonly _target: URL,
    port: number,
    private readonly _token: string
  ) {
    this.url = `http://127.0.0.1:${port}${_target.pathname}`;
    this._server.on('upgrade', (request, socket, head) =>
      this._upgrade(request, socket as net.Socket, head)
    );
  }

  /** Address with the base, ends with a slash. */
  readonly url: string;

  /** Every request so far. */
  readonly seen: ISeen[] = [];

  /** Bytes of files that came from the browser. */
  bodies = 0;

  /** Answers in Jupyter's place. */
  stand: Stand = () => null;

  /** The most requests that were held at a time. */
  heldAtOnce = 0;

  /** Address of a page below the base, with the token that signs the browser in to Jupyter. */
  page(place: string): string {
    const address = new URL(place, this.url);
    address.searchParams.set('token', this._token);
    return address.href;
  }

  /** The requests of one method whose path contains `part`. */
  asked(method: string, part: string): readonly ISeen[] {
    return this.seen.filter(
      each => each.method === method && each.path.includes(part)
    );
  }

  /**
   * Take in requests of one method below a path, and let them wait: as they come, or after so many
   * bytes of their bodies.
   */
  hold(method: string, part: string, bytes = 0): void {
    this._held = request =>
      request.method === method && (request.url ?? '').includes(part);
    this._lets = bytes;
  }

  /** Let what waits go on, and hold no more. */
  release(): void {
    this._held = () => false;
    for (const go of this._waiting.splice(0)) {
      go();
    }
  }

  /** Cut every line: event streams and kernels, too. */
  cut(): void {
    for (const socket of this._sockets) {
      socket.destroy();
    }
    this._server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.release();
    this.cut();
    await new Promise(resolve => this._server.close(resolve));
  }

  private readonly _server = http.createServer((request, response) => {
    const seen: ISeen = {
      method: request.method ?? '',
      path: request.url ?? '',
      status: 0
    };
    this.seen.push(seen);
    response.on('finish', () => (seen.status = response.statusCode));
    const own = this.stand(request);
    if (own?.status === 0) {
      request.socket.resetAndDestroy();
    } else if (own) {
      request.resume();
      response.writeHead(own.status, own.headers).end(own.body ?? '');
    } else if (this._held(request)) {
      if (this._lets > 0) {
        const gate = new Gate(this._lets);
        this._waiting.push(() => gate.open());
        this._pass(request, response, gate);
      } else {
        this._waiting.push(() => this._pass(request, response));
      }
      this.heldAtOnce = Math.max(this.heldAtOnce, this._waiting.length);
    } else {
      this._pass(request, response);
    }
  });

  private _pass(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    gate?: Gate
  ): void {
    const onward = http.request(
      {
        host: this._target.hostname,
        port: this._target.port,
        method: request.method,
        path: request.url,
        headers: request.headers
      },
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }
    );
    if (request.method === 'PATCH') {
      request.on('data', (chunk: Buffer) => (this.bodies += chunk.length));
    }
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    (gate ? request.pipe(gate) : request).pipe(onward);
  }

  private _upgrade(
    request: http.IncomingMessage,
    socket: net.Socket,
    head: Buffer
  ): void {
    const own = this.stand(request);
    if (own) {
      socket.end(`HTTP/1.1 ${own.status} No\r\nConnection: close\r\n\r\n`);
      return;
    }
    const onward = net.connect(
      Number(this._target.port),
      this._target.hostname,
      () => {
        const { rawHeaders: raw } = request;
        const lines = raw.flatMap((name, index) =>
          index % 2 === 0 ? [`${name}: ${raw[index + 1]}`] : []
        );
        onward.write(
          `${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
        );
        onward.write(head);
        socket.pipe(onward).pipe(socket);
      }
    );
    for (const [line, other] of [
      [socket, onward],
      [onward, socket]
    ] as const) {
      this._sockets.add(line);
      line.on('error', () => other.destroy());
      line.on('close', () => {
        this._sockets.delete(line);
        other.destroy();
      });
    }
  }

  private _held: (request: http.IncomingMessage) => boolean = () => false;
  private _lets = 0;
  private readonly _waiting: (() => void)[] = [];
  private readonly _sockets = new Set<net.Socket>();
}
