import { ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';

/** How long a server may take to leave before it is made to (ms). */
const GRACE = 8_000;
const KEPT_LINES = 400;

/**
 * A server that we started: what it says is kept for the report of a failed test, and it is ended
 * by its own process id.
 */
export class Child {
  /**
   * @param command - Program and arguments.
   * @param environment - All of its environment; ours is not handed on.
   * @param folder - Its working folder.
   */
  constructor(
    command: readonly string[],
    environment: NodeJS.ProcessEnv,
    folder: string
  ) {
    const [program, ...rest] = command;
    this._name = command.slice(0, 3).join(' ');
    this._process = spawn(program!, rest, {
      cwd: folder,
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C reaches the test runner, which then ends us in order.
      detached: true
    });
    this._ended = new Promise(resolve => {
      this._process.once('error', error => {
        this._keep(String(error));
        resolve();
      });
      this._process.once('exit', (code, signal) => {
        this._keep(`ended: ${code ?? signal}`);
        resolve();
      });
    });
    // The program may end while we write to it; that is told by `ended`.
    this._process.stdin!.on('error', () => undefined);
    const lines = (stream: NodeJS.ReadableStream) =>
      createInterface({ input: stream });
    lines(this._process.stderr!).on('line', line => this._keep(line));
    lines(this._process.stdout!).on('line', line => {
      this._keep(line);
      if (line.startsWith('{')) {
        this._answers.push(line);
        this._answered.emit('line');
      }
    });
  }

  get pid(): number {
    return this._process.pid!;
  }

  /** The last lines that it said. */
  get words(): string {
    return this._lines.join('\n');
  }

  /** Write one line to its standard input. */
  tell(line: string): void {
    this._process.stdin!.write(`${line}\n`);
  }

  /** Wait for the next JSON object on its standard output; each is given out once. */
  async json<T>(timeout: number): Promise<T> {
    if (this._answers.length === 0) {
      const patience = AbortSignal.timeout(timeout);
      await Promise.race([
        once(this._answered, 'line', { signal: patience }).catch(() => null),
        this._ended
      ]);
    }
    const answer = this._answers.shift();
    if (answer === undefined) {
      throw new Error(`${this._name} gave no answer:\n${this.words}`);
    }
    return JSON.parse(answer) as T;
  }

  /** Run `ask` until it answers something else than null, while the process lives. */
  async until<T>(ask: () => Promise<T | null>, timeout: number): Promise<T> {
    const end = Date.now() + timeout;
    while (Date.now() < end) {
      if (this._process.exitCode !== null) {
        break;
      }
      const answer = await ask().catch(() => null);
      if (answer !== null) {
        return answer;
      }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error(`${this._name} did not get ready:\n${this.words}`);
  }

  /** Ask it to end, then make it; also what it left behind in its process group. */
  async stop(grace = GRACE): Promise<void> {
    const running = () =>
      this._process.exitCode === null && this._process.signalCode === null;
    if (this._process.pid === undefined) {
      return;
    }
    if (running()) {
      this._process.kill('SIGTERM');
      const patience = setTimeout(() => this._process.kill('SIGKILL'), grace);
      await this._ended;
      clearTimeout(patience);
    }
    try {
      process.kill(-this._process.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left, as it should be.
    }
  }

  private _keep(line: string): void {
    this._lines.push(line);
    this._lines.splice(0, this._lines.length - KEPT_LINES);
  }

  private readonly _name: string;
  private readonly _process: ChildProcess;
  private readonly _ended: Promise<void>;
  private readonly _lines: string[] = [];
  private readonly _answers: string[] = [];
  private readonly _answered = new EventEmitter();
}
