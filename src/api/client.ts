import type { ServerConnection } from '@jupyterlab/services';

import { APIError } from './error';
import { type IRequestOptions, isJupyterThere, requestAPI } from './request';
import type {
  Artifact,
  ArtifactPage,
  BackendCheck,
  Connection,
  Upload,
  Login,
  LoginDestination,
  PresignedURL,
  Status
} from './types';

/** The server extension's operations, one method each, named as in its OpenAPI document. */
export class ArtifactsClient {
  constructor(readonly settings: ServerConnection.ISettings) {}

  getStatus(): Promise<Status> {
    return this._call(['status']);
  }

  checkBackend(backend: string, signal?: AbortSignal): Promise<BackendCheck> {
    return this._call(['backends', 'check'], {
      method: 'POST',
      body: { backend },
      signal
    });
  }

  async listConnections(): Promise<readonly Connection[]> {
    const answer = await this._call<{ connections: Connection[] }>([
      'connections'
    ]);
    return answer.connections;
  }

  openConnection(backend: string): Promise<Connection> {
    return this._call(['connections'], { method: 'POST', body: { backend } });
  }

  closeConnection(connection: string): Promise<void> {
    return this._call(['connections', connection], { method: 'DELETE' });
  }

  /** The login of a connection; null where the server knows of none (any more). */
  async getLogin(connection: string): Promise<Login | null> {
    try {
      return await this._call<Login>(['connections', connection, 'login']);
    } catch (error) {
      if (error instanceof APIError && error.status === 404) {
        return null;
      }
      throw error;
    }
  }

  startLogin(connection: string): Promise<Login> {
    return this._call(['connections', connection, 'login'], { method: 'POST' });
  }

  cancelLogin(connection: string): Promise<void> {
    return this._call(['connections', connection, 'login'], {
      method: 'DELETE'
    });
  }

  /** Agree that a login goes exactly to whom was shown, and sign in by it. */
  approveLogin(
    connection: string,
    destination: LoginDestination
  ): Promise<Connection> {
    return this._call(['connections', connection, 'approval'], {
      method: 'PUT',
      body: destination
    });
  }

  withdrawApproval(connection: string): Promise<void> {
    return this._call(['connections', connection, 'approval'], {
      method: 'DELETE'
    });
  }

  async listUploads(): Promise<readonly Upload[]> {
    return (await this._call<{ uploads: Upload[] }>(['uploads'])).uploads;
  }

  createUpload(connection: string, path: string): Promise<Upload> {
    return this._call(['uploads'], {
      method: 'POST',
      body: { connection, path }
    });
  }

  cancelUpload(upload: string): Promise<Upload> {
    return this._call(['uploads', upload, 'cancel'], { method: 'POST' });
  }

  retryUpload(upload: string): Promise<Upload> {
    return this._call(['uploads', upload, 'retry'], { method: 'POST' });
  }

  forgetUpload(upload: string): Promise<void> {
    return this._call(['uploads', upload], { method: 'DELETE' });
  }

  /** The newest artifacts of a connection, or those older than `before`. */
  listArtifacts(
    connection: string | null,
    before: string | null = null
  ): Promise<ArtifactPage> {
    return this._call(['artifacts'], { query: { connection, before } });
  }

  getArtifact(artifact: string): Promise<Artifact> {
    return this._call(['artifacts', artifact]);
  }

  forgetArtifact(artifact: string): Promise<void> {
    return this._call(['artifacts', artifact], { method: 'DELETE' });
  }

  /** A fresh presigned URL; without `expiresIn` (seconds) the longest valid one. */
  signArtifact(
    artifact: string,
    expiresIn: number | null = null
  ): Promise<PresignedURL> {
    return this._call(['artifacts', artifact, 'sign'], {
      method: 'POST',
      body: expiresIn === null ? {} : { expires_in: expiresIn }
    });
  }

  /** Whether the Jupyter server answers where our part of it does not. */
  isJupyterThere(): Promise<boolean> {
    return isJupyterThere(this.settings);
  }

  private _call<T>(
    segments: readonly string[],
    options?: IRequestOptions
  ): Promise<T> {
    return requestAPI<T>(this.settings, segments, options);
  }
}
