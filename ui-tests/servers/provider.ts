import * as path from 'node:path';

import { Child } from './child';
import { Home } from './home';

const START = 60_000;

/** Where a provider's parts answer: the line that `demo --json` prints. */
export interface IAddresses {
  readonly backend: string;
  readonly issuer: string;
  readonly s3: string;
  readonly bucket: string;
}

/** An account that signs in by its secret, for programs. */
export interface IServiceAccount {
  readonly client_id: string;
  readonly client_secret: string;
}

/** The demo's provider also says its service account. */
export interface IDemoAddresses extends IAddresses {
  readonly service: IServiceAccount;
}

/** A troubled provider serves two more openEO APIs, with the same sign-in. */
export interface ITroubledAddresses extends IAddresses {
  /** Offers no artifact storage. */
  readonly without_storage: string;
  /** Offers artifact storage of a type that nobody knows. */
  readonly unknown_storage: string;
}

/** The local openEO provider, started as a person starts it. */
export class Provider {
  static async start(): Promise<Provider> {
    const home = new Home();
    const child = new Child(
      ['jupyter', 'openeo-artifacts', 'demo', '--no-lab', '--json'],
      home.environment,
      home.path
    );
    return new Provider(child, home, await ready<IDemoAddresses>(child, home));
  }

  private constructor(
    private readonly _child: Child,
    private readonly _home: Home,
    readonly addresses: IDemoAddresses
  ) {}

  get backend(): string {
    return this.addresses.backend;
  }

  async stop(): Promise<void> {
    await this._child.stop();
    this._home.remove();
  }
}

/** A provider whose storage goes away and comes back, and whose sign-ins are soon over. */
export class TroubledProvider {
  static async start(deviceCodeSeconds: number): Promise<TroubledProvider> {
    const home = new Home();
    const script = path.join(__dirname, 'troubled_provider.py');
    // What it is made of is shared with the Python tests.
    const checkout = path.join(__dirname, '..', '..');
    const child = new Child(
      ['python', script, String(deviceCodeSeconds)],
      { ...home.environment, PYTHONPATH: checkout },
      home.path
    );
    const addresses = await ready<ITroubledAddresses>(child, home);
    return new TroubledProvider(child, home, addresses);
  }

  private constructor(
    private readonly _child: Child,
    private readonly _home: Home,
    readonly addresses: ITroubledAddresses
  ) {}

  get backend(): string {
    return this.addresses.backend;
  }

  async stopStorage(): Promise<void> {
    await this._do('stop_storage');
  }

  async startStorage(): Promise<void> {
    await this._do('start_storage');
  }

  /** What the bucket holds, seen by its administrator. */
  async inventory(): Promise<{ objects: string[]; uploads: string[] }> {
    return this._do('inventory');
  }

  async stop(): Promise<void> {
    await this._child.stop();
    this._home.remove();
  }

  private async _do<T>(verb: string): Promise<T> {
    this._child.tell(verb);
    return this._child.json<T>(START);
  }
}

async function ready<T>(child: Child, home: Home): Promise<T> {
  try {
    return await child.json<T>(START);
  } catch (error) {
    await child.stop();
    home.remove();
    throw error;
  }
}
