import { type ITurn, type IPlace, UploadQueue } from './uploadQueue';

/** Files up to this size are sent between longer ones (bytes): seconds at most, also over a home line. */
const SHORT = 8 * 1024 * 1024;

/** How many files are sent at a time: each holds one of the browser's six connections. */
export const AT_ONCE = 2;

/** Where the panel's setting is told to what else is in its page. */
const TOLD = 'openeoArtifactsAtOnce';

/** Tell the widgets of this page, which have no settings, how many files are sent at a time. */
export function tellAtOnce(count: number): void {
  document.documentElement.dataset[TOLD] = String(count);
}

/** How many files are sent at a time in this page, as far as somebody has told it. */
export function toldAtOnce(): number {
  return Number(document.documentElement.dataset[TOLD]) || AT_ONCE;
}

/** The turns of files, each by the key of its row or by its upload. */
export class Turns {
  readonly queue = new UploadQueue(AT_ONCE);

  /** Wait for a turn. */
  enter(id: string, { size }: File, begin: () => void, goesOn = false): void {
    const turn: ITurn = { long: size > SHORT, goesOn };
    this._places.set(id, this.queue.enter(begin, turn));
  }

  /** Let the next one have its turn. */
  leave(id: string): void {
    this._places.get(id)?.leave();
    this._places.delete(id);
  }

  /** Know a place by another id. */
  rename(from: string, to: string): void {
    const place = this._places.get(from);
    this._places.delete(from);
    if (place) {
      this._places.set(to, place);
    }
  }

  private readonly _places = new Map<string, IPlace>();
}
