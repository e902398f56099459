import type { operations, paths } from './wire';

/** The name of an operation, as openapi.yaml has it. */
export type Operation = keyof operations;

type Method = 'get' | 'post' | 'put' | 'delete' | 'head' | 'patch' | 'options';

/** The places at which an operation is found, as "METHOD /path". */
type RouteOf<O extends Operation> = {
  [P in keyof paths]: {
    [M in Method]: paths[P][M] extends operations[O]
      ? operations[O] extends paths[P][M]
        ? `${Uppercase<M>} ${P}`
        : never
      : never;
  }[Method];
}[keyof paths];

/** Where HTTP has each operation; a test compares it with openapi.yaml. */
export const ROUTES: { readonly [O in Operation]: RouteOf<O> } = {
  getDescription: 'GET /openapi.json',
  getStatus: 'GET /status',
  checkBackend: 'POST /backends/check',
  listConnections: 'GET /connections',
  openConnection: 'POST /connections',
  getConnection: 'GET /connections/{connection}',
  closeConnection: 'DELETE /connections/{connection}',
  getLogin: 'GET /connections/{connection}/login',
  startLogin: 'POST /connections/{connection}/login',
  cancelLogin: 'DELETE /connections/{connection}/login',
  approveLogin: 'PUT /connections/{connection}/approval',
  withdrawApproval: 'DELETE /connections/{connection}/approval',
  listUploads: 'GET /uploads',
  createUpload: 'POST /uploads',
  getUpload: 'GET /uploads/{upload}',
  forgetUpload: 'DELETE /uploads/{upload}',
  cancelUpload: 'POST /uploads/{upload}/cancel',
  retryUpload: 'POST /uploads/{upload}/retry',
  describeTus: 'OPTIONS /tus',
  createTusUpload: 'POST /tus',
  getTusOffset: 'HEAD /tus/{upload}',
  sendBytes: 'PATCH /tus/{upload}',
  terminateTusUpload: 'DELETE /tus/{upload}',
  confirmUpload: 'POST /tus/{upload}/confirmation',
  getReceivedDigest: 'GET /tus/{upload}/digest',
  listArtifacts: 'GET /artifacts',
  getArtifact: 'GET /artifacts/{artifact}',
  forgetArtifact: 'DELETE /artifacts/{artifact}',
  signArtifact: 'POST /artifacts/{artifact}/sign',
  listStored: 'GET /stored',
  adoptStored: 'POST /stored',
  deleteStored: 'DELETE /stored',
  verifyStored: 'POST /stored/verification',
  downloadStored: 'GET /stored/content',
  writeSnippet: 'POST /snippets'
};

type Parameters<O extends Operation> = operations[O]['parameters'];

type Part<T> = [NonNullable<T>] extends [never] ? unknown : NonNullable<T>;

type Body<O extends Operation> = operations[O] extends {
  requestBody: { content: { 'application/json': infer B } };
}
  ? { readonly body: B }
  : operations[O] extends {
        requestBody?: { content: { 'application/json': infer B } };
      }
    ? { readonly body?: B }
    : unknown;

/** What an operation is asked with: parameters of path and query by their names, and its body. */
export type Params<O extends Operation> = Part<Parameters<O>['path']> &
  Part<Parameters<O>['query']> &
  Body<O>;

type Content<R> = R extends { content: { 'application/json': infer A } }
  ? A
  : never;

/** The document that an operation answers; void where it has none. */
export type AnswerTo<O extends Operation> = operations[O]['responses'] extends {
  204: unknown;
}
  ? void
  : Content<
      operations[O]['responses'][keyof operations[O]['responses'] &
        (200 | 201 | 202)]
    >;
