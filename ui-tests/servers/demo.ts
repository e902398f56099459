import { Child } from './child';
import { Home } from './home';

const START = 90_000;

interface IAnnouncement {
  readonly backend: string;
  /** Address of JupyterLab, on the welcome notebook, with the token. */
  readonly lab: string;
}

/** What `make demo` starts: the local provider, and JupyterLab on a folder with an example. */
export class Demo {
  static async start(): Promise<Demo> {
    const home = new Home();
    const child = new Child(
      ['jupyter', 'openeo-artifacts', 'demo', '--json', '--no-browser'],
      home.environment,
      home.path
    );
    try {
      const said = await child.json<IAnnouncement>(START);
      return new Demo(child, home, said);
    } catch (error) {
      await child.stop();
      home.remove();
      throw error;
    }
  }

  private constructor(
    private readonly _child: Child,
    readonly home: Home,
    private readonly _said: IAnnouncement
  ) {}

  get address(): string {
    return this._said.lab;
  }

  /** Address of a page of JupyterLab's server. */
  page(place: string): string {
    const { origin, searchParams } = new URL(this.address);
    const address = new URL(place, `${origin}/`);
    address.searchParams.set('token', searchParams.get('token') ?? '');
    return address.href;
  }

  /** Choose a theme; a page that is opened after this has it. */
  async setTheme(theme: string): Promise<void> {
    const name = '@jupyterlab/apputils-extension:themes';
    const token = new URL(this.address).searchParams.get('token');
    const answer = await fetch(this.page(`lab/api/settings/${name}`), {
      method: 'PUT',
      headers: { Authorization: `token ${token}` },
      body: JSON.stringify({ raw: JSON.stringify({ theme }) })
    });
    if (!answer.ok) {
      throw new Error(`The theme was not set: ${answer.status}`);
    }
  }

  async stop(): Promise<void> {
    await this._child.stop();
    this.home.remove();
  }
}
