import * as fs from 'node:fs';
import * as path from 'node:path';

import { Child } from './child';
import { Home } from './home';
import { freePort } from './ports';
import { IDemoAddresses } from './provider';

const START = 120_000;

/** What publishes a notebook as an application. */
export type Host = 'voila' | 'marimo';

export interface IPublishedOptions {
  /** The `bin` folder of the environment that Voila, marimo and our package are in. */
  readonly bin: string;
  readonly addresses: IDemoAddresses;
  /** What makes the uploader, where `connection` is the author's. */
  readonly uploader: string;
}

/** What the command line says of a file that it staged. */
interface IStaged {
  readonly id: string;
  readonly reused: boolean;
}

/**
 * An application that its author has published: its kernels sign in as the author's service account,
 * and whoever has its address may use it.
 */
export class Published {
  static async start(
    host: Host,
    options: IPublishedOptions
  ): Promise<Published> {
    const home = new Home();
    const port = await freePort();
    const { backend, service } = options.addresses;
    const environment = {
      ...home.environment,
      PATH: options.bin,
      OPENEO_AUTH_METHOD: 'client_credentials',
      OPENEO_AUTH_CLIENT_ID: service.client_id,
      OPENEO_AUTH_CLIENT_SECRET: service.client_secret,
      JUPYTER_OPENEO_ARTIFACTS_BACKENDS: backend
    };
    const source = [
      'import openeo',
      'from jupyter_openeo_artifacts import ArtifactUploader',
      `connection = openeo.connect("${backend}")`,
      'connection.authenticate_oidc()',
      `uploader = ${options.uploader}`
    ];
    const [program, ...rest] =
      host === 'voila'
        ? voila(home.root, port, source)
        : marimo(home.root, port, source);
    const child = new Child(
      [path.join(options.bin, program!), ...rest],
      environment,
      home.root
    );
    const published = new Published(child, home, environment, options, port);
    try {
      await child.until(async () => {
        // Its first page would start a kernel.
        const answer = await fetch(`${published.url}static/nothing`);
        await answer.body?.cancel();
        return true;
      }, START);
    } catch (error) {
      await published.stop();
      throw error;
    }
    return published;
  }

  private constructor(
    private readonly _child: Child,
    readonly home: Home,
    private readonly _environment: NodeJS.ProcessEnv,
    private readonly _options: IPublishedOptions,
    port: number
  ) {
    this.url = `http://127.0.0.1:${port}/`;
  }

  readonly url: string;

  /** What the server has said. */
  get log(): string {
    return this._child.words;
  }

  /** Stage a file as its author does on the same machine: by the command line. */
  async stage(file: string): Promise<IStaged> {
    const { addresses, bin } = this._options;
    const command = new Child(
      [
        path.join(bin, 'jupyter-openeo-artifacts'),
        'upload',
        '--json',
        `--backend=${addresses.backend}`,
        file
      ],
      this._environment,
      this.home.root
    );
    try {
      return await command.json<IStaged>(START);
    } finally {
      await command.stop();
    }
  }

  async stop(): Promise<void> {
    await this._child.stop();
    this.home.remove();
  }
}

/** A notebook whose code nobody sees; each visitor has a kernel of their own. */
function voila(
  folder: string,
  port: number,
  source: readonly string[]
): readonly string[] {
  const file = path.join(folder, 'app.ipynb');
  fs.writeFileSync(
    file,
    JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {
        kernelspec: {
          display_name: 'Python 3',
          language: 'python',
          name: 'python3'
        }
      },
      cells: [
        {
          id: 'uploader',
          cell_type: 'code',
          execution_count: null,
          metadata: {},
          outputs: [],
          source: [...source, 'uploader'].join('\n')
        }
      ]
    })
  );
  return [
    'voila',
    file,
    '--no-browser',
    '--Voila.ip=127.0.0.1',
    `--port=${port}`
  ];
}

/** A program of cells; all its visitors are served by one process. */
function marimo(
  folder: string,
  port: number,
  source: readonly string[]
): readonly string[] {
  const file = path.join(folder, 'app.py');
  const cell = [
    'import marimo as mo',
    ...source,
    'shown = mo.ui.anywidget(uploader)',
    'shown',
    'return (shown,)'
  ];
  fs.writeFileSync(
    file,
    [
      'import marimo',
      '',
      'app = marimo.App()',
      '',
      '@app.cell',
      'def _():',
      ...cell.map(line => `    ${line}`),
      ''
    ].join('\n')
  );
  return [
    'marimo',
    'run',
    file,
    '--headless',
    '--no-token',
    '--host=127.0.0.1',
    `--port=${port}`
  ];
}
