import { APIError } from './error';
import type { Params } from './operations';
import type { ITransport } from './transport';
import type {
  Artifact,
  ArtifactPage,
  BackendCheck,
  Connection,
  Upload,
  UploadList,
  Login,
  LoginDestination,
  PresignedURL,
  ReceivedDigest,
  Snippet,
  SnippetRequest,
  Status,
  StoredPage,
  Verification
} from './types';

/** So many older artifacts are asked for at a time; the newest come in pages of the engine's own. */
const OLDER = 1000;

/** The engine's operations, one method each, named as in its OpenAPI document. */
export class ArtifactsClient {
  constructor(private readonly _transport: ITransport) {}

  getStatus(): Promise<Status> {
    return this._transport.request('getStatus', {});
  }

  checkBackend(backend: string, signal?: AbortSignal): Promise<BackendCheck> {
    const body = { backend };
    return this._transport.request('checkBackend', { body }, signal);
  }

  async listConnections(): Promise<readonly Connection[]> {
    return (await this._transport.request('listConnections', {})).connections;
  }

  openConnection(backend: string): Promise<Connection> {
    return this._transport.request('openConnection', { body: { backend } });
  }

  closeConnection(connection: string): Promise<void> {
    return this._transport.request('closeConnection', { connection });
  }

  /** The login of a connection; null where the server knows of none (any more). */
  async getLogin(connection: string): Promise<Login | null> {
    try {
      return await this._transport.request('getLogin', { connection });
    } catch (error) {
      if (error instanceof APIError && error.status === 404) {
        return null;
      }
      throw error;
    }
  }

  startLogin(connection: string): Promise<Login> {
    return this._transport.request('startLogin', { connection });
  }

  cancelLogin(connection: string): Promise<void> {
    return this._transport.request('cancelLogin', { connection });
  }

  /** Agree that a login goes exactly to whom was shown, and sign in by it. */
  approveLogin(
    connection: string,
    destination: LoginDestination
  ): Promise<Connection> {
    return this._transport.request('approveLogin', {
      connection,
      body: destination
    });
  }

  withdrawApproval(connection: string): Promise<void> {
    return this._transport.request('withdrawApproval', { connection });
  }

  /** The uploads, or those that are others since a mark. */
  listUploads(since: string | null = null): Promise<UploadList> {
    return this._transport.request(
      'listUploads',
      since === null ? {} : { since }
    );
  }

  createUpload(
    connection: string,
    path: string,
    more: {
      readonly name?: string;
      readonly reuse?: boolean;
      readonly zip?: true;
    } = {}
  ): Promise<Upload> {
    // What has a default may be left out.
    const body = {
      connection,
      path,
      ...more
    } as Params<'createUpload'>['body'];
    return this._transport.request('createUpload', { body });
  }

  cancelUpload(upload: string): Promise<Upload> {
    return this._transport.request('cancelUpload', { upload });
  }

  retryUpload(upload: string): Promise<Upload> {
    return this._transport.request('retryUpload', { upload });
  }

  forgetUpload(upload: string): Promise<void> {
    return this._transport.request('forgetUpload', { upload });
  }

  /** How much of an upload has arrived, and the digest of that. */
  getReceivedDigest(upload: string): Promise<ReceivedDigest> {
    return this._transport.request('getReceivedDigest', { upload });
  }

  /** The newest artifacts of a connection, those older than `before`, or what is new since a mark. */
  listArtifacts(
    connection: string | null,
    from: { readonly before?: string; readonly since?: string } = {}
  ): Promise<ArtifactPage> {
    return this._transport.request('listArtifacts', {
      ...(connection === null ? {} : { connection }),
      ...from,
      ...('before' in from ? { limit: OLDER } : {})
    });
  }

  getArtifact(artifact: string): Promise<Artifact> {
    return this._transport.request('getArtifact', { artifact });
  }

  forgetArtifact(artifact: string): Promise<void> {
    return this._transport.request('forgetArtifact', { artifact });
  }

  /** A fresh presigned URL; without `expiresIn` (seconds) the longest valid one. */
  signArtifact(
    artifact: string,
    expiresIn: number | null = null
  ): Promise<PresignedURL> {
    return this._transport.request('signArtifact', {
      artifact,
      body: expiresIn === null ? {} : { expires_in: expiresIn }
    });
  }

  /** What lies in storage, the newest day first, or below `before`. */
  listStored(
    connection: string,
    before: string | null = null
  ): Promise<StoredPage> {
    return this._transport.request('listStored', {
      connection,
      ...(before === null ? {} : { before })
    });
  }

  adoptStored(connection: string, uri: string): Promise<Artifact> {
    return this._transport.request('adoptStored', {
      body: { connection, uri }
    });
  }

  verifyStored(connection: string, uri: string): Promise<Verification> {
    const body = { connection, uri };
    return this._transport.request('verifyStored', { body });
  }

  deleteStored(connection: string, uri: string): Promise<void> {
    return this._transport.request('deleteStored', { connection, uri });
  }

  /** The text that takes artifacts into a cell. */
  writeSnippet(body: SnippetRequest): Promise<Snippet> {
    return this._transport.request('writeSnippet', { body });
  }

  /** Whether the other side itself is there where our part of it does not answer. */
  isThere(): Promise<boolean> {
    return this._transport.isThere();
  }
}
