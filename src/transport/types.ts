import type { components } from './wire';

/** What goes over the wire, under short names; `wire.ts` is made from the server's openapi.yaml. */
type Schemas = components['schemas'];

export type Artifact = Schemas['Artifact'];
export type ArtifactPage = Schemas['ArtifactPage'];
export type BackendCheck = Schemas['BackendCheck'];
export type ReceivedDigest = Schemas['ReceivedDigest'];
export type Connection = Schemas['Connection'];
export type Upload = Schemas['Upload'];
export type UploadList = Schemas['UploadList'];
export type LoginDestination = Schemas['LoginDestination'];
export type Login = Schemas['Login'];
export type PresignedURL = Schemas['PresignedURL'];
export type Problem = Schemas['Problem'];
export type Snippet = Schemas['Snippet'];
export type SnippetRequest = Schemas['SnippetRequest'];
export type Status = Schemas['Status'];
export type Storage = Schemas['Storage'];
export type StoredObject = Schemas['StoredObject'];
export type StoredPage = Schemas['StoredPage'];
export type Verification = Schemas['Verification'];
