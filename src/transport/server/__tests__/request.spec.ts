import { FakeServer, refusal } from '../../../__tests__/fakeServer';
import { ArtifactsClient } from '../../client';
import { APIError } from '../../error';
import { apiURL, requestAPI } from '../request';

describe('requestAPI', () => {
  let server: FakeServer;
  beforeEach(() => {
    server = new FakeServer();
  });

  async function failure(): Promise<APIError> {
    const error: unknown = await requestAPI(server.settings, ['thing']).catch(
      (e: unknown) => e
    );
    expect(error).toBeInstanceOf(APIError);
    return error as APIError;
  }

  it('escapes each segment below the base URL', () => {
    expect(apiURL(server.settings, 'uploads', 'a/../b?c')).toBe(
      'http://localhost/user/a%40b/jupyter-openeo-artifacts/uploads/a%2F..%2Fb%3Fc'
    );
  });

  it('keeps the problem of a refusal', async () => {
    server.routes['GET thing'] = () =>
      refusal(409, { code: 'not_signed_in', message: 'Sign in first.' });
    const error = await failure();
    expect(error.status).toBe(409);
    expect(error.code).toBe('not_signed_in');
    expect(error.message).toBe('Sign in first.');
  });

  it.each([
    ['a page of HTML', '<html>no such page</html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['a problem that is none', '{"problem": {"code": 3}}']
  ])('knows no problem where the answer is %s', async (_, body) => {
    server.routes['GET thing'] = () => new Response(body, { status: 404 });
    const error = await failure();
    expect(error.status).toBe(404);
    expect(error.problem).toBeNull();
    expect(error.message).toBe('HTTP 404');
  });

  it('tells no answer apart from a refusal', async () => {
    server.routes['GET thing'] = () => {
      throw new TypeError('network');
    };
    expect((await failure()).outage).toBe('unanswered');
  });

  it('hands an abort on as it is', async () => {
    const abort = new AbortController();
    server.routes['GET thing'] = () => {
      abort.abort();
      throw new DOMException('aborted', 'AbortError');
    };
    const error: unknown = await requestAPI(server.settings, ['thing'], {
      signal: abort.signal
    }).catch((e: unknown) => e);
    expect(error).not.toBeInstanceOf(APIError);
  });

  it('takes an answer without a body', async () => {
    server.routes['DELETE uploads/x'] = () =>
      new Response(null, { status: 204 });
    await expect(
      new ArtifactsClient(server.transport()).forgetUpload('x')
    ).resolves.toBeUndefined();
  });

  it('asks for the longest sure lifetime by naming none', async () => {
    server.routes['POST artifacts/x/sign'] = { url: 'https://s3/x' };
    const client = new ArtifactsClient(server.transport());
    await client.signArtifact('x');
    await client.signArtifact('x', 3600);
    expect(server.requests.map(({ body }) => body)).toEqual([
      {},
      { expires_in: 3600 }
    ]);
  });
});
