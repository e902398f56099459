type Slot = (sender: unknown, args: unknown) => unknown;

interface IConnection {
  readonly slot: Slot;
  readonly thisArg: object | undefined;
}

/** The signals of a sender, and those that an object listens to. */
const SIGNALS = new WeakMap<object, Set<Signal>>();

/** What the bundle uses of `@lumino/signaling`, which would be a fiftieth of it. */
export class Signal {
  /** End what an object is told, and what it tells. */
  static clearData(object: object): void {
    for (const signal of SIGNALS.get(object) ?? []) {
      signal._connections = signal._connections.filter(
        ({ thisArg }) => signal._sender !== object && thisArg !== object
      );
    }
  }

  constructor(sender: object) {
    this._sender = sender;
    this._noteAt(sender);
  }

  /** Returns false where it was connected already. */
  connect(slot: Slot, thisArg?: object): boolean {
    if (this._connections.some(isOf(slot, thisArg))) {
      return false;
    }
    this._connections = [...this._connections, { slot, thisArg }];
    if (thisArg) {
      this._noteAt(thisArg);
    }
    return true;
  }

  /** Returns false where it was not connected. */
  disconnect(slot: Slot, thisArg?: object): boolean {
    const is = isOf(slot, thisArg);
    const before = this._connections;
    this._connections = before.filter(each => !is(each));
    return this._connections.length < before.length;
  }

  emit(args: unknown): void {
    for (const each of this._connections) {
      // One that was disconnected by a slot before it is not told any more.
      if (this._connections.includes(each)) {
        try {
          each.slot.call(each.thisArg, this._sender, args);
        } catch (error) {
          console.error(error);
        }
      }
    }
  }

  private _noteAt(object: object): void {
    SIGNALS.set(object, (SIGNALS.get(object) ?? new Set()).add(this));
  }

  private readonly _sender: object;
  private _connections: readonly IConnection[] = [];
}

function isOf(slot: Slot, thisArg?: object): (each: IConnection) => boolean {
  return each => each.slot === slot && each.thisArg === thisArg;
}
