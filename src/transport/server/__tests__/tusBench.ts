import { ServerConnection } from '@jupyterlab/services';

import { FileDigest } from '../../digest';
import { TusSender, type ITusOptions } from '../tusSender';
import { type IReceived, TusServer } from './tusServer';

export const SIZE = 1_000_003;
export const BYTES = Buffer.from(
  Uint8Array.from({ length: SIZE }, (_, i) => i * 7)
);

/** Told of any file that can be read. */
export const DIGEST = 'd'.repeat(64);

/** A file that jsdom's XMLHttpRequest takes: jest's environment has Node's `File` in its place. */
export function makeFile(parts: BlobPart[], name: string, type = ''): File {
  const file = new Blob(parts, { type });
  const slice = (start?: number, end?: number): Blob =>
    // jsdom's Blob cannot be read by a promise.
    Object.assign(Blob.prototype.slice.call(file, start, end), {
      arrayBuffer: () => Promise.resolve(new ArrayBuffer(1))
    });
  const made = Object.assign(file, { name, slice }) as unknown as File;
  FileDigest.of(made).upTo = () => Promise.resolve(DIGEST);
  return made;
}

export const isCreation = ({ method, path }: IReceived): boolean =>
  method === 'POST' && path.endsWith('/tus');

/** A sender with what it has told. */
export interface IToldSender {
  readonly sender: TusSender;
  readonly uploads: string[];
  readonly waits: boolean[];
}

/** A tus server, and senders to it. */
export class TusBench {
  private constructor(
    readonly server: TusServer,
    private readonly _settings: ServerConnection.ISettings
  ) {}

  static async open(): Promise<TusBench> {
    const server = new TusServer();
    const settings = ServerConnection.makeSettings({
      baseUrl: await server.listen(),
      token: 'jupyter-token'
    });
    return new TusBench(server, settings);
  }

  async close(): Promise<void> {
    jest.restoreAllMocks();
    await this.server.close();
    document.cookie = '_xsrf=; max-age=0';
  }

  makeSender(told: Partial<ITusOptions> = {}): IToldSender {
    const uploads: string[] = [];
    const waits: boolean[] = [];
    return {
      uploads,
      waits,
      sender: new TusSender({
        settings: this._settings,
        limit: { bytes: Infinity },
        file: makeFile([BYTES], 'naïve "name" 😀.bin', 'a/b'),
        connection: '0123456789abcdef',
        onUpload: upload => uploads.push(upload),
        onWaiting: waiting => waits.push(waiting),
        retryDelays: [0, 10, 10],
        ...told
      })
    };
  }
}
