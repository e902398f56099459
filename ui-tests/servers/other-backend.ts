import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';

/** The demo's openEO API at another address: same login provider, same storage, nobody's list. */
export class OtherBackend {
  static async start(backend: string): Promise<OtherBackend> {
    const other = new OtherBackend(new URL(backend).origin);
    await new Promise<void>(resolve =>
      other._server.listen(0, '127.0.0.1', resolve)
    );
    return other;
  }

  /** The paths that were asked. */
  readonly asked: string[] = [];

  /** Those that were asked with a login. */
  readonly heard: string[] = [];

  /** Whether it names a storage. */
  hasStorage = true;

  private constructor(private readonly _origin: string) {
    this._server = createServer((request, answer) => {
      this._relay(request).then(
        ({ status, body }) => {
          answer.writeHead(status, { 'Content-Type': 'application/json' });
          answer.end(body);
        },
        (error: unknown) => {
          answer.writeHead(502);
          answer.end(String(error));
        }
      );
    });
  }

  get origin(): string {
    const { port } = this._server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this._server.closeAllConnections();
    await new Promise(resolve => this._server.close(resolve));
  }

  private async _relay(
    request: IncomingMessage
  ): Promise<{ status: number; body: string }> {
    const path = request.url ?? '/';
    const { authorization } = request.headers;
    this.asked.push(path);
    if (authorization) {
      this.heard.push(path);
    }
    const answer = await fetch(new URL(path, this._origin), {
      method: request.method,
      headers: authorization ? { authorization } : {}
    });
    const text = (await answer.text()).replaceAll(this._origin, this.origin);
    const said = JSON.parse(text) as Record<string, unknown>;
    if (!this.hasStorage) {
      delete said.artifacts;
    }
    return { status: answer.status, body: JSON.stringify(said) };
  }

  private readonly _server: Server;
}
