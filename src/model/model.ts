import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import {
  APIError,
  type Artifact,
  ArtifactsClient,
  type BackendCheck,
  type Change,
  type ITransport,
  type PresignedURL,
  type Resource
} from '../transport';
import { AllUploads } from './allUploads';
import { ArtifactReader } from './artifactReader';
import { contactOf, shownOf } from './connectivity';
import { ALL, Follower } from './follow';
import { FrameGate } from './frameGate';
import { eachOnce } from './lists';
import { Notices } from './notices';
import { type ISession, SessionModel } from './session';
import {
  EMPTY,
  type IBackend,
  type ISnapshot,
  connectionOf,
  isRunning
} from './state';
import { FileSender } from './fileSender';
import { type IFileOwner, SIGNED_OUT } from './refusal';
import { Uploads, ownerOf } from './uploads';

/** What {@link ArtifactsModel} is made of. */
export interface IModelOptions<S extends ISession = SessionModel> {
  readonly transport: ITransport;
  /** Who says how somebody is signed in. */
  readonly session: (client: ArtifactsClient) => S;
}

/** The model of a panel, where people sign in. */
export type PanelModel = ArtifactsModel<SessionModel>;

/** Make the model of a panel. */
export function makePanelModel(transport: ITransport): PanelModel {
  return new ArtifactsModel({
    transport,
    session: client => new SessionModel(client)
  });
}

/**
 * The model of what is shown: session, uploads, artifacts and what this browser is sending, as one snapshot.
 *
 * Identity is always an id, never a name or a path. Presigned URLs pass through {@link sign} and are
 * kept nowhere.
 */
export class ArtifactsModel<
  S extends ISession = ISession
> implements IDisposable {
  constructor({ transport, session }: IModelOptions<S>) {
    this.client = new ArtifactsClient(transport);
    this.session = session(this.client);
    this.sender = new FileSender(transport);
    this._transport = transport;
    this.notices = new Notices();
    const snapshot = (): ISnapshot => this._snapshot;
    this._artifacts = new ArtifactReader(this.client, {
      get artifacts() {
        return snapshot().artifacts;
      },
      get olderArtifacts() {
        return snapshot().olderArtifacts;
      },
      get connection() {
        // A kernel tells what is its page's; the page asks for no more than that.
        return transport.kind === 'kernel'
          ? null
          : (connectionOf(snapshot().session)?.id ?? null);
      },
      put: change => this._set(change)
    });
    this.uploads = new Uploads(this.client, this.sender, {
      get snapshot() {
        return snapshot();
      },
      put: uploads => this._set({ uploads }),
      onStaged: artifacts => this._artifacts.readNew(artifacts)
    });
    this.all = new AllUploads(snapshot, this.uploads, this.sender);
    this.session.changed.connect(this._onSession, this);
    this.sender.changed.connect(() => this._set(this.sender.state), this);
    this.sender.progressed.connect(
      () => void this.read(new Set(['uploads'])),
      this
    );
    this._follower = new Follower({
      transport,
      take: change => this._take(change),
      read: resources => this.read(resources),
      wake: () => this.sender.wake(),
      moved: connectivity => this._set(shownOf(connectivity)),
      busy: () =>
        this._snapshot.session.state === 'signing_in' ||
        this._snapshot.uploads.some(isRunning)
    });
  }

  readonly client: ArtifactsClient;
  readonly session: S;
  readonly sender: FileSender;
  readonly uploads: Uploads;
  readonly all: AllUploads;
  readonly notices: Notices;

  /** Everything to show, as it is now. */
  get snapshot(): ISnapshot {
    return this._snapshot;
  }

  /** Emitted at most once a frame: the snapshot is another one. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Backends that the person's settings add to those the server offers. */
  set extraBackends(extra: readonly IBackend[]) {
    this._extraBackends = extra;
    this._set({ backends: this._backends() });
  }

  /** Whether somebody looks; without that, nothing is polled. */
  set visible(visible: boolean) {
    this._follower.visible = visible;
  }

  /** Whether what runs is followed out of sight, too: somebody is told of its end. */
  set watched(watched: boolean) {
    this._follower.watched = watched;
  }

  /** Read everything anew; what waits for the server to answer is tried as well. */
  refresh(): Promise<void> {
    this.sender.wake();
    return this._read(ALL, true);
  }

  /** Read what has changed in some lists; a list that cannot be read stays as it was. */
  read(resources: ReadonlySet<Resource>): Promise<void> {
    return this._read(resources);
  }

  private async _read(
    resources: ReadonlySet<Resource>,
    whole = false
  ): Promise<void> {
    const reads: Promise<unknown>[] = [];
    if (resources.has('connections')) {
      reads.push(this.session.refresh());
    }
    if (resources.has('uploads')) {
      reads.push(this.uploads.read(whole));
    }
    if (resources.has('artifacts')) {
      reads.push(this._artifacts.readAll(whole));
    }
    const reasons = (await Promise.allSettled(reads)).flatMap(result =>
      result.status === 'rejected' ? [result.reason as unknown] : []
    );
    this._follower.note(
      contactOf(reasons, this.session.state, {
        at: Date.now(),
        process: this._transport.process,
        everything: resources.size === ALL.size
      })
    );
    const failed = reasons.find(reason => !(reason instanceof APIError));
    if (failed !== undefined) {
      throw failed;
    }
  }

  checkBackend(backend: string, signal: AbortSignal): Promise<BackendCheck> {
    return this.client.checkBackend(backend, signal);
  }

  async forgetArtifact(id: string): Promise<void> {
    await this.client.forgetArtifact(id);
    this._set({
      artifacts: this._snapshot.artifacts.filter(artifact => artifact.id !== id)
    });
  }

  /** Read the page of artifacts below those that are shown. */
  showOlder(): Promise<void> {
    return this._artifacts.readOlder();
  }

  artifact(id: string): Artifact | undefined {
    return this._snapshot.artifacts.find(artifact => artifact.id === id);
  }

  /** The one staged last at the backend in use. */
  get newest(): Artifact | undefined {
    const { session, artifacts } = this._snapshot;
    const connection = connectionOf(session)?.id;
    return artifacts.find(each => each.connection === connection);
  }

  /** A fresh presigned URL. Only its end is remembered. */
  async sign(
    id: string,
    expiresIn: number | null = null
  ): Promise<PresignedURL> {
    const signed = await this.client.signArtifact(id, expiresIn);
    this.noteLink(id, signed);
    return signed;
  }

  /** Remember until when the link is valid that was handed out last. */
  noteLink(id: string, signed: Pick<PresignedURL, 'valid_until'>): void {
    this._set({
      links: new Map(this._snapshot.links).set(id, new Date(signed.valid_until))
    });
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._follower.dispose();
    this._gate.dispose();
    this.sender.dispose();
    this.session.dispose();
    this.notices.dispose();
    this._transport.dispose();
    Signal.clearData(this);
  }

  /** Take over what came with the news of a change; false where it has to be read. */
  private _take({ resource, value }: Change): boolean {
    if (value === undefined) {
      return false;
    }
    if (resource === 'uploads') {
      this.uploads.put(value);
    } else {
      this._artifacts.put(value);
    }
    return true;
  }

  private _onSession(): void {
    const connection = connectionOf(this._snapshot.session)?.id;
    this._set({
      session: this.session.state,
      status: this.session.status,
      backends: this._backends()
    });
    if (connectionOf(this._snapshot.session)?.id !== connection) {
      void this.read(new Set(['uploads', 'artifacts']));
    }
    this._noteOwner();
  }

  /** Let what has waited for a sign-in go on, and forget what was said for want of one. */
  private _noteOwner(): void {
    const { session } = this._snapshot;
    const owner =
      session.state === 'signed_in' ? ownerOf(session.connection) : null;
    if (JSON.stringify(owner) === JSON.stringify(this._owner)) {
      return;
    }
    this._owner = owner;
    // A kernel knows whose storage it is.
    const account =
      owner?.account === undefined ? {} : { account: owner.account };
    this.sender.waiting.signedIn(
      owner && this._transport.kind === 'kernel' ? account : owner
    );
    if (owner !== null) {
      this.notices.settle(SIGNED_OUT);
    }
  }

  /** The server's backends and the settings' ones, each address once. */
  private _backends(): readonly IBackend[] {
    const offered = this.session.status?.backends ?? [];
    return eachOnce([...offered, ...this._extraBackends]);
  }

  private _set(change: Partial<ISnapshot>): void {
    const keys = Object.keys(change) as (keyof ISnapshot)[];
    if (
      !this._isDisposed &&
      keys.some(key => change[key] !== this._snapshot[key])
    ) {
      this._snapshot = Object.freeze({ ...this._snapshot, ...change });
      this._gate.pass();
    }
  }

  private _owner: IFileOwner | null = null;
  private _snapshot: ISnapshot = EMPTY;
  private _isDisposed = false;
  private _extraBackends: readonly IBackend[] = [];
  private readonly _artifacts: ArtifactReader;
  private readonly _transport: ITransport;
  private readonly _follower: Follower;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _gate = new FrameGate(() => this._changed.emit());
}
