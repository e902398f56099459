import * as http from 'http';
import type { AddressInfo } from 'net';

/** One request that reached the server. */
export interface IReceived {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly bytes: number;
}

const ALLOWED = [
  'authorization',
  'content-type',
  'tus-resumable',
  'upload-length',
  'upload-metadata',
  'upload-offset',
  'x-xsrftoken'
].join(', ');

/** A tus 1.0 server over real HTTP, for one upload, with a proxy's limit in front if wished. */
export class TusServer {
  static readonly UPLOAD = '01jd0000000000000000000000';

  readonly received: IReceived[] = [];
  content = Buffer.alloc(0);
  length = 0;
  /** The most bytes of one request that "the proxy" lets through. */
  limit = Infinity;
  /** What the next POST answers in Location. */
  location = `tus/${TusServer.UPLOAD}`;
  /** How many requests but POST find the disk full. */
  full = 0;
  /** What something else answers to the next requests in the server's place. */
  readonly between: number[] = [];
  /** What the page said of its file. */
  readonly confirmed: unknown[] = [];
  /** What the answer to a POST waits for. */
  gate: Promise<void> = Promise.resolve();
  /** Called when a request has come. */
  onRequest: (received: IReceived) => void = () => undefined;
  /** How many PATCH requests are cut off before they are answered. */
  cuts = 0;

  async listen(): Promise<string> {
    await new Promise<void>(resolve =>
      this._server.listen(0, '127.0.0.1', resolve)
    );
    const { port } = this._server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/base/`;
  }

  async close(): Promise<void> {
    this._server.closeAllConnections();
    await new Promise(resolve => this._server.close(resolve));
  }

  private readonly _server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      this._answer(request, response, Buffer.concat(chunks))
    );
  });

  private _answer(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    body: Buffer
  ): void {
    const { method = '', url = '', headers } = request;
    const head: Record<string, string> = {
      // jsdom asks as a browser would of another origin.
      'Access-Control-Allow-Origin': headers.origin ?? '*',
      'Access-Control-Allow-Headers': ALLOWED,
      'Access-Control-Allow-Methods': 'POST, HEAD, PATCH, DELETE',
      'Access-Control-Expose-Headers':
        'Location, Upload-Offset, Upload-Length, X-OpenEO-Artifacts',
      'X-OpenEO-Artifacts': '1'
    };
    if (method === 'OPTIONS') {
      response.writeHead(204, head).end();
      return;
    }
    const received = { method, path: url, headers, bytes: body.length };
    this.received.push(received);
    this.onRequest(received);
    const stranger = this.between.shift();
    if (stranger) {
      delete head['X-OpenEO-Artifacts'];
      response.writeHead(stranger, head).end('<html>not for you</html>');
    } else if (url.split('?')[0]?.endsWith('/confirmation')) {
      this.confirmed.push(JSON.parse(body.toString()));
      response.writeHead(200, head).end('{}');
    } else if (method !== 'POST' && this.full > 0) {
      this.full -= 1;
      // What came before there was no room is kept.
      this.content = Buffer.concat([this.content, body.subarray(0, 100_000)]);
      response.writeHead(507, head).end('{"message": "The disk is full."}');
    } else if (method === 'POST') {
      this.length = Number(headers['upload-length']);
      const made = { ...head, Location: this.location };
      void this.gate.then(() => response.writeHead(201, made).end());
    } else if (method === 'DELETE') {
      response.writeHead(204, head).end();
    } else if (method === 'HEAD') {
      head['Upload-Offset'] = String(this.content.length);
      head['Upload-Length'] = String(this.length);
      response.writeHead(200, head).end();
    } else if (body.length > this.limit) {
      delete head['X-OpenEO-Artifacts'];
      response.writeHead(413, head).end('<html>too large</html>');
    } else if (this.cuts > 0) {
      this.cuts -= 1;
      request.socket.destroy();
    } else if (Number(headers['upload-offset']) !== this.content.length) {
      response.writeHead(409, head).end();
    } else {
      this.content = Buffer.concat([this.content, body]);
      head['Upload-Offset'] = String(this.content.length);
      response.writeHead(204, head).end();
    }
  }
}
