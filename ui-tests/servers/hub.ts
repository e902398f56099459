import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Child } from './child';
import { Home } from './home';
import { askJSON, SETTINGS } from './lab';
import type { IRestAPI } from './lab';
import { freePort } from './ports';

/** The first part of our paths, below a server's base. */
export const OURS = 'jupyter-openeo-artifacts';

const START = 120_000;

/** A hub stops its users' servers first (ms). */
const GRACE = 45_000;

/** How often a server tells its hub that it is in use (s); 300 as shipped. */
const REPORTS = 1;

export interface IHubOptions {
  /** The `bin` folder of the environment that JupyterHub, JupyterLab and our package are in. */
  readonly bin: string;
  /** The program of configurable-http-proxy. */
  readonly proxy: string;
  /** Backends that its administrator lists. */
  readonly backends: readonly {
    readonly url: string;
    readonly title: string;
  }[];
}

/** A user as the hub's API tells it. */
export interface IHubUser {
  readonly name: string;
  readonly servers: Readonly<
    Record<string, { readonly state?: { readonly pid?: number } }>
  >;
}

/**
 * A JupyterHub with its proxy. Whoever has its password may log in by any name, and gets servers and
 * a home of their own.
 */
export class Hub {
  static async start(options: IHubOptions): Promise<Hub> {
    const home = new Home();
    const [port, hubPort, proxyPort] = [
      await freePort(),
      await freePort(),
      await freePort()
    ];
    const token = randomBytes(24).toString('hex');
    const password = randomBytes(12).toString('hex');
    home.configure('jupyter_server_config.json', {
      FileContentsManager: { delete_to_trash: false },
      OpenEOArtifacts: { backends: options.backends }
    });
    home.configure('labconfig/default_setting_overrides.json', SETTINGS);
    home.configure('hub.json', {
      JupyterHub: {
        authenticator_class: 'dummy',
        spawner_class: 'simple',
        allow_named_servers: true,
        bind_url: `http://127.0.0.1:${port}`,
        hub_bind_url: `http://127.0.0.1:${hubPort}`,
        db_url: 'sqlite://',
        cookie_secret_file: path.join(home.path, 'cookie-secret'),
        services: [{ name: 'tests', api_token: token }],
        load_roles: [
          {
            name: 'tests',
            services: ['tests'],
            scopes: [
              'admin:users',
              'admin:servers',
              'admin:server_state',
              'tokens',
              'access:servers'
            ]
          }
        ]
      },
      ConfigurableHTTPProxy: {
        command: [process.execPath, options.proxy],
        api_url: `http://127.0.0.1:${proxyPort}`,
        pid_file: proxyFile(home)
      },
      Authenticator: { allow_all: true },
      DummyAuthenticator: { password },
      SimpleLocalProcessSpawner: {
        home_dir_template: path.join(home.path, 'users', '{username}')
      },
      Spawner: {
        args: ['--ServerApp.allow_root=True'],
        start_timeout: START / 1000,
        http_timeout: START / 1000,
        environment: {
          JUPYTER_CONFIG_PATH: home.config,
          JUPYTERHUB_ACTIVITY_INTERVAL: String(REPORTS),
          TMPDIR: home.temporary
        }
      }
    });
    const child = new Child(
      [
        path.join(options.bin, 'jupyterhub'),
        '--config',
        path.join(home.config, 'hub.json')
      ],
      { ...home.environment, PATH: options.bin },
      home.path
    );
    const hub = new Hub(
      child,
      home,
      options.bin,
      `http://127.0.0.1:${port}/`,
      token,
      password
    );
    try {
      await child.until(async () => {
        const answer = await fetch(`${hub.url}hub/health`);
        await answer.body?.cancel();
        return answer.ok ? true : null;
      }, START);
    } catch (error) {
      await hub.stop();
      throw error;
    }
    return hub;
  }

  private constructor(
    private readonly _child: Child,
    private readonly _home: Home,
    private readonly _bin: string,
    /** Address of its proxy, ends with a slash. */
    readonly url: string,
    /** That of a service which may start, stop and use all servers. */
    readonly token: string,
    /** With which everybody logs in. */
    readonly password: string
  ) {}

  /** What the hub, its proxy and its users' servers have said. */
  get log(): string {
    return this._child.words;
  }

  /** A folder that no server shows: "the desktop". */
  get files(): string {
    return this._home.files;
  }

  /** The home of a user. */
  folder(user: string): string {
    return path.join(this._home.path, 'users', user);
  }

  /** Ask the hub's own API. */
  api<T>(method: string, place: string, body?: unknown): Promise<T> {
    const address = new URL(`hub/api/${place}`, this.url);
    return askJSON<T>(this.token, method, address, body);
  }

  /** The names of a user's servers that run; the default one's is empty. */
  async running(user: string): Promise<string[]> {
    const { servers } = await this.api<IHubUser>('GET', `users/${user}`);
    return Object.keys(servers);
  }

  /** Stop what a user has running, and remove all of theirs. */
  async forget(user: string): Promise<void> {
    await this._child.until(() => this._remove(user), GRACE);
    fs.rmSync(this.folder(user), {
      recursive: true,
      force: true,
      maxRetries: 5
    });
  }

  /** Stop what has been idle for so many seconds, as many hubs do. */
  cull(seconds: number): Child {
    return new Child(
      [
        path.join(this._bin, 'jupyterhub-idle-culler'),
        `--url=${this.url}hub/api`,
        `--timeout=${seconds}`,
        '--cull-every=1'
      ],
      {
        ...this._home.environment,
        PATH: this._bin,
        JUPYTERHUB_API_TOKEN: this.token
      },
      this._home.path
    );
  }

  async stop(): Promise<void> {
    const left = await this._processes();
    await this._child.stop(GRACE);
    // A hub that had to be killed leaves its proxy and its users' servers.
    for (const pid of left) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended, as it should.
      }
    }
    this._home.remove();
  }

  /** Remove a user; null where a server of theirs has still to end. */
  private async _remove(user: string): Promise<true | null> {
    const users = await this.api<IHubUser[]>('GET', 'users');
    const { servers } = users.find(({ name }) => name === user) ?? {};
    if (servers === undefined) {
      return true;
    }
    for (const name of Object.keys(servers)) {
      const server = name === '' ? 'server' : `servers/${name}`;
      await this.api('DELETE', `users/${user}/${server}`);
    }
    await this.api('DELETE', `users/${user}`);
    return true;
  }

  /** The ids of processes that are not in the hub's group, each the first of a group of its own. */
  private async _processes(): Promise<number[]> {
    const users = await this.api<IHubUser[]>('GET', 'users').catch(() => []);
    const pids = users
      .flatMap(({ servers }) => Object.values(servers))
      .map(({ state }) => state?.pid);
    const file = proxyFile(this._home);
    if (fs.existsSync(file)) {
      pids.push(Number(fs.readFileSync(file, 'utf8')));
    }
    return pids.filter((pid): pid is number => pid !== undefined && pid > 0);
  }
}

/** Where a hub writes down its proxy's process id. */
function proxyFile(home: Home): string {
  return path.join(home.path, 'proxy.pid');
}

/** One server of a user, at an address under which the hub is seen. */
export class HubServer implements IRestAPI {
  constructor(
    readonly hub: Hub,
    readonly user: string,
    /** Empty: the default one. */
    readonly name = '',
    /** Ends with a slash. */
    readonly origin = hub.url
  ) {
    this.url = `${origin}user/${user}/${name === '' ? '' : `${name}/`}`;
  }

  /** Address with the base, ends with a slash. */
  readonly url: string;

  /** Address of a page of it; the browser is logged in to the hub. */
  page(place: string): string {
    return new URL(place, this.url).href;
  }

  /** Ask our own REST API, or Jupyter's, in the name of a service of the hub. */
  api<T>(method: string, place: string, body?: unknown): Promise<T> {
    const { token } = this.hub;
    return askJSON<T>(token, method, new URL(place, this.url), body);
  }

  /** How many bytes of a file it has; null where it does not know the file. */
  async received(file: string): Promise<number | null> {
    const { uploads } = await this.api<{
      uploads: readonly { name: string; bytes_received: number }[];
    }>('GET', `${OURS}/uploads`);
    const found = uploads.find(({ name }) => name === file);
    return found?.bytes_received ?? null;
  }
}
