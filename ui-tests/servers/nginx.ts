import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { Child } from './child';
import { Home } from './home';
import { freePort } from './ports';

const START = 30_000;

/** One request as nginx has logged it. */
export interface ILogged {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of the request, with its head (bytes). */
  readonly size: number;
}

export interface INginxOptions {
  /** The program. */
  readonly program: string;
  /** What it stands before; ends with a slash. */
  readonly target: string;
  /** Further lines of its `server`; `http://jupyter` is the target. */
  readonly lines?: string;
}

/** nginx with its defaults, before a hub: bodies of 1 MB at most, each kept until all of it is there. */
export class Nginx {
  static async start(options: INginxOptions): Promise<Nginx> {
    const home = new Home();
    const port = await freePort();
    const nginx = new Nginx(options, home, port);
    try {
      await nginx._child.until(async () => {
        const answer = await fetch(`${nginx.url}hub/health`);
        await answer.body?.cancel();
        return answer.ok ? true : null;
      }, START);
    } catch (error) {
      await nginx.stop();
      throw error;
    }
    return nginx;
  }

  private constructor(
    options: INginxOptions,
    private readonly _home: Home,
    port: number
  ) {
    this.url = `http://127.0.0.1:${port}/`;
    const file = this._below('nginx.conf');
    fs.writeFileSync(file, this._configuration(options, port));
    this._child = new Child(
      [options.program, '-p', _home.path, '-c', file, '-e', 'stderr'],
      _home.environment,
      _home.path
    );
  }

  /** Ends with a slash. */
  readonly url: string;

  /** What it has said. */
  get log(): string {
    return this._child.words;
  }

  /** Whether it keeps a body of that method on the disk until all of it is there, as it logs. */
  buffers(method: string): boolean {
    return this.log
      .split('\n')
      .some(
        line =>
          line.includes('is buffered to a temporary file') &&
          line.includes(`request: "${method} `)
      );
  }

  /** The requests of one method whose path contains `part`, that have been answered. */
  answered(method: string, part: string): ILogged[] {
    return fs
      .readFileSync(this._below('access.log'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as ILogged)
      .filter(each => each.method === method && each.path.includes(part));
  }

  async stop(): Promise<void> {
    await this._child.stop();
    this._home.remove();
  }

  private _configuration(
    { target, lines = '' }: INginxOptions,
    port: number
  ): string {
    const { uid, username } = os.userInfo();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      name => `${name}_temp_path ${this._below(name)};`
    );
    return `
${uid === 0 ? `user ${username};` : ''}
daemon off;
worker_processes 1;
pid ${this._below('nginx.pid')};
error_log stderr warn;
events {}
http {
  log_format json escape=json '{"method": "$request_method", "path": "$uri", "status": $status, "size": $request_length}';
  access_log ${this._below('access.log')} json;
  ${temporary.join('\n  ')}
  map $http_upgrade $connection_upgrade {
    default upgrade;
    '' close;
  }
  upstream jupyter {
    server ${new URL(target).host};
  }
  server {
    listen 127.0.0.1:${port};
    ${lines}
    location / {
      proxy_pass http://jupyter;
      proxy_set_header Host $http_host;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}
`;
  }

  private _below(name: string): string {
    return path.join(this._home.path, name);
  }

  private readonly _child: Child;
}
