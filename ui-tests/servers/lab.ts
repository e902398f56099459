import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Child } from './child';
import { Home } from './home';
import { freePort } from './ports';

const START = 60_000;

/** Settings that keep dialogs and calls to other hosts away; all else is JupyterLab's own. */
export const SETTINGS = {
  '@jupyterlab/apputils-extension:notification': {
    checkForUpdates: false,
    doNotDisturbMode: false,
    fetchNews: 'false'
  }
};

export interface ILabOptions {
  /** Backends on offer in the panel. */
  readonly backends: readonly {
    readonly url: string;
    readonly title: string;
  }[];
  /** With both slashes, percent-encoded as Jupyter wants it. */
  readonly baseUrl?: string;
  /**
   * False switches our server extension off, as an administrator would. WITHOUT_EXTENSION=1 in the
   * environment does so for all tests: those of the main job must fail then.
   */
  readonly extension?: boolean;
  /** The `bin` folder of another environment; the server then sees that folder's programs only. */
  readonly bin?: string;
  /** What its administrator has in overrides.json, by the settings' ids. */
  readonly overrides?: Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
}

/** Ask an API of Jupyter's with a token; throws where the answer is no success. */
export async function askJSON<T>(
  token: string,
  method: string,
  address: URL,
  body?: unknown
): Promise<T> {
  const answer = await fetch(address, {
    method,
    headers: {
      Authorization: `token ${token}`,
      'Content-Type': 'application/json'
    },
    body: body === undefined ? undefined : JSON.stringify(body)
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${method} ${address}: ${answer.status} ${text}`);
  }
  return (text ? JSON.parse(text) : undefined) as T;
}

/** What answers our own REST API, and Jupyter's. */
export interface IRestAPI {
  api<T>(method: string, place: string, body?: unknown): Promise<T>;
}

/** A JupyterLab as a person starts it: token and XSRF check on, no test settings. */
export class Lab implements IRestAPI {
  static async start(options: ILabOptions): Promise<Lab> {
    const home = new Home();
    const port = await freePort();
    const token = randomBytes(24).toString('hex');
    const base = options.baseUrl ?? '/';
    home.configure('labconfig/default_setting_overrides.json', {
      ...SETTINGS,
      ...options.overrides
    });
    const environment = { ...home.environment };
    if (options.bin) {
      environment.PATH = options.bin;
    }
    home.configure('jupyter_server_config.json', {
      FileContentsManager: { delete_to_trash: false },
      OpenEOArtifacts: { backends: options.backends },
      ...(options.extension === false || process.env.WITHOUT_EXTENSION
        ? {
            ServerApp: {
              jpserver_extensions: { jupyter_openeo_artifacts: false }
            }
          }
        : {})
    });
    const jupyter = options.bin ? path.join(options.bin, 'jupyter') : 'jupyter';
    const run = (): Child =>
      new Child(
        [
          jupyter,
          'lab',
          '--no-browser',
          '--allow-root',
          '--ServerApp.ip=127.0.0.1',
          `--ServerApp.port=${port}`,
          '--ServerApp.port_retries=0',
          `--ServerApp.base_url=${base}`,
          `--ServerApp.root_dir=${home.root}`,
          `--IdentityProvider.token=${token}`
        ],
        environment,
        home.root
      );
    const lab = new Lab(run, home, `http://127.0.0.1:${port}${base}`, token);
    try {
      await lab._answers();
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return lab;
  }

  private constructor(
    private readonly _run: () => Child,
    readonly home: Home,
    /** Address with the base, ends with a slash. */
    readonly url: string,
    readonly token: string
  ) {
    this._child = _run();
  }

  /** End the server, by a kill if so wished, and start it again at the same address. */
  async restart(how: 'stop' | 'kill' = 'stop'): Promise<void> {
    if (how === 'kill') {
      process.kill(this._child.pid, 'SIGKILL');
    }
    await this._child.stop();
    this._child = this._run();
    await this._answers();
  }

  /** End it as a person does; its port, token and files stay. */
  async quit(): Promise<void> {
    await this._child.stop();
  }

  /** Start it again where it was. */
  async startAgain(): Promise<void> {
    this._child = this._run();
    await this._answers();
  }

  private async _answers(): Promise<void> {
    await this._child.until(async () => {
      const answer = await fetch(`${this.url}api`);
      return answer.ok ? true : null;
    }, START);
  }

  private _child: Child;

  /** What the server has said. */
  get log(): string {
    return this._child.words;
  }

  /** Address of a page below the base, with the token that signs the browser in to Jupyter. */
  page(place: string): string {
    const address = new URL(place, this.url);
    address.searchParams.set('token', this.token);
    return address.href;
  }

  /** Ask our own REST API, or Jupyter's. */
  api<T>(method: string, place: string, body?: unknown): Promise<T> {
    return askJSON<T>(this.token, method, new URL(place, this.url), body);
  }

  /** Write a file into the folder that Jupyter shows. */
  write(name: string, bytes: Buffer | string): void {
    fs.writeFileSync(path.join(this.home.root, name), bytes);
  }

  /** Wait until Jupyter shows as many bytes of a file as another one has. */
  async shows(name: string, like: string): Promise<void> {
    const { size } = fs.statSync(like);
    const place = path.join(this.home.root, name);
    // Asked of the disk, as the server is busy with the bytes.
    while (fs.statSync(place, { throwIfNoEntry: false })?.size !== size) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    const shown = await this.api<{ size: number }>(
      'GET',
      `api/contents/${encodeURIComponent(name)}?content=0`
    );
    if (shown.size !== size) {
      throw new Error(`Jupyter shows ${shown.size} bytes, not ${size}`);
    }
  }

  /** Delete a file behind Jupyter's back. */
  remove(name: string): void {
    fs.rmSync(path.join(this.home.root, name));
  }

  /** Sign out, empty the lists, end kernels and drop settings, so that the next test starts as a new person. */
  async forget(): Promise<void> {
    const ours = 'jupyter-openeo-artifacts';
    const { uploads } = await this.api<{ uploads: { id: string }[] }>(
      'GET',
      `${ours}/uploads`
    );
    const { artifacts } = await this.api<{ artifacts: { id: string }[] }>(
      'GET',
      `${ours}/artifacts`
    );
    const { connections } = await this.api<{ connections: { id: string }[] }>(
      'GET',
      `${ours}/connections`
    );
    await Promise.all([
      ...uploads.map(({ id }) => this.api('DELETE', `${ours}/uploads/${id}`)),
      ...artifacts.map(({ id }) =>
        this.api('DELETE', `${ours}/artifacts/${id}`)
      )
    ]);
    for (const { id } of connections) {
      await this.api('DELETE', `${ours}/connections/${id}`);
    }
    const sessions = await this.api<{ id: string }[]>('GET', 'api/sessions');
    await Promise.all(
      sessions.map(({ id }) => this.api('DELETE', `api/sessions/${id}`))
    );
    // Theme, side of the panel and so on are kept too.
    const settings = path.join(this.home.config, 'lab', 'user-settings');
    fs.rmSync(settings, { recursive: true, force: true });
    // The backend signed in to last is remembered: the next person has none.
    const last = path.join(this.home.path, 'artifacts', 'last-backend');
    fs.rmSync(last, { force: true });
  }

  async stop(): Promise<void> {
    await this._child.stop();
    this.home.remove();
  }
}
