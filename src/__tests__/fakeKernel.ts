import { type Artifact, FileDigest, type Upload } from '../transport';
import type { ICarrier } from '../transport/kernel';
import { connection, wholeList } from './fakeServer';

/** A request as it came over the line. */
export interface IAsked {
  readonly id: string;
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly bytes: number | null;
}

/** What a kernel answers to a method; a `Refusal` is an error, `undefined` no answer at all. */
export type Reply = (asked: IAsked) => unknown;

/** An error of the kernel's. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly told: Record<string, unknown> = {}
  ) {}
}

/** A kernel at the other end of a line that a test may cut, or lose messages of. */
export class FakeKernel implements ICarrier {
  readonly asked: IAsked[] = [];

  readonly replies: Record<string, Reply> = {
    hello: () => ({
      api: '1',
      scope: 'widget',
      process: 'p',
      chunk_bytes: 8_388_608,
      connection: connection(),
      problem: null
    }),
    listUploads: () => ({ uploads: [] }),
    listArtifacts: () => ({ artifacts: [], next: null })
  };

  cut = false;

  /** Whether answers wait for {@link answer}. */
  held = false;

  send(message: object, buffers?: readonly ArrayBuffer[]): void {
    if (this.cut) {
      throw new Error('Cannot send');
    }
    const { id, method, params } = message as IAsked;
    const asked = {
      id,
      method,
      params,
      bytes: buffers?.[0]?.byteLength ?? null
    };
    this.asked.push(asked);
    if (!this.held) {
      void Promise.resolve().then(() => this.answer(asked));
    }
  }

  listen(hear: (message: unknown) => void, end?: () => void): () => void {
    this._hear = hear;
    this._end = end;
    return () => {
      this._hear = () => undefined;
      this._end = undefined;
    };
  }

  /** Restart, or shut down: the line is none any more. */
  end(): void {
    this.cut = true;
    this._end?.();
  }

  answer(asked: IAsked): void {
    const { id, method } = asked;
    const result = this.replies[method]?.(asked);
    if (result instanceof Refusal) {
      const { status, told } = result;
      const message = 'It did not work.';
      this.say({
        id,
        error: {
          code: -32000,
          message,
          data: {
            code: 'some_code',
            message,
            todo: 'Do it again.',
            who: 'you',
            request_id: null,
            status,
            ...told
          }
        }
      });
    } else if (result !== undefined) {
      const isList = method === 'listUploads' || method === 'listArtifacts';
      this.say({ id, result: isList ? wholeList(result) : result });
    }
  }

  change(resource: string, value: Upload | Artifact): void {
    const { id } = value;
    const state = 'state' in value ? value.state : 'staged';
    const params = { resource, id, state, value };
    this.say({ method: 'change', params });
  }

  say(message: object): void {
    this._hear({ jsonrpc: '2.0', ...message });
  }

  /** The requests of one method. */
  of(method: string): readonly IAsked[] {
    return this.asked.filter(asked => asked.method === method);
  }

  private _end: (() => void) | undefined;
  private _hear: (message: unknown) => void = () => undefined;
}

/** A file of which jest's environment can read slices. */
export function fileOf(size: number, name = 'a.bin'): File {
  const slice = (start = 0, end = size): unknown => ({
    arrayBuffer: () => Promise.resolve(new ArrayBuffer(end - start))
  });
  const file = { name, size, type: '', slice } as unknown as File;
  FileDigest.of(file).upTo = () => Promise.resolve('d'.repeat(64));
  return file;
}
