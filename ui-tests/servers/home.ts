import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** What a program needs of the machine; nothing of the person who runs the tests. */
const HANDED_ON = [
  'PATH',
  'LANG',
  'LC_ALL',
  'CHROMIUM',
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE'
];

/** A folder in the place of a person's home: their settings, logins and files are not touched. */
export class Home {
  constructor() {
    this.path = fs.realpathSync(
      fs.mkdtempSync(path.join(os.tmpdir(), 'openeo-artifacts-ui-'))
    );
    // What a browser drops, and what the Jupyter server shows.
    for (const folder of [this.files, this.root, this.temporary]) {
      fs.mkdirSync(folder);
    }
  }

  /** The folder that Jupyter shows. */
  get root(): string {
    return path.join(this.path, 'root');
  }

  /** A folder that Jupyter does not show: "the desktop". */
  get files(): string {
    return path.join(this.path, 'desktop');
  }

  get temporary(): string {
    return path.join(this.path, 'tmp');
  }

  /** Where Jupyter looks for a person's configuration. */
  get config(): string {
    return path.join(this.path, 'jupyter', 'config');
  }

  /** The environment of a program that lives here. */
  get environment(): NodeJS.ProcessEnv {
    const kept = Object.fromEntries(
      HANDED_ON.map(name => [name, process.env[name]])
    );
    const below = (...parts: string[]) => path.join(this.path, ...parts);
    return {
      ...kept,
      HOME: this.path,
      TMPDIR: this.temporary,
      XDG_DATA_HOME: below('data'),
      XDG_CONFIG_HOME: below('config'),
      XDG_CACHE_HOME: below('cache'),
      OPENEO_CONFIG_HOME: below('openeo'),
      JUPYTER_OPENEO_ARTIFACTS_HOME: below('artifacts'),
      JUPYTER_CONFIG_DIR: this.config,
      JUPYTER_DATA_DIR: below('jupyter', 'data'),
      JUPYTER_RUNTIME_DIR: below('jupyter', 'runtime'),
      JUPYTER_PLATFORM_DIRS: '1',
      IPYTHONDIR: below('ipython'),
      PYTHONUNBUFFERED: '1'
    };
  }

  /** Write a file below the configuration folder. */
  configure(name: string, value: unknown): void {
    const file = path.join(this.config, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(value));
  }

  remove(): void {
    fs.rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }

  readonly path: string;
}
