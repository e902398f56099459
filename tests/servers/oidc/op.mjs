// The certified OpenID provider of npm, as openEO providers run theirs: device flow, refresh tokens
// that rotate (the second use of one revokes the login), JWT access tokens, client credentials.
// Run by tests/servers/oidc.py; prints its issuer on one line once it listens.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const person = (client_id, more = {}) => ({
  client_id,
  token_endpoint_auth_method: 'none',
  application_type: 'native',
  redirect_uris: [],
  response_types: [],
  grant_types: [DEVICE, 'refresh_token'],
  ...more
});
// Seconds that an access token and a code are good for, by client.
const TOKEN_TTL = { 'openeo-brief': 2, 'openeo-slow': 2 };
const CODE_TTL = { 'openeo-hasty': 2 };

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = {
  ...privateKey.export({ format: 'jwk' }),
  alg: 'RS256',
  use: 'sig',
  kid: 'test'
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      person('openeo-device'),
      person('openeo-brief'),
      person('openeo-hasty'),
      person('openeo-slow'),
      {
        client_id: 'openeo-service',
        client_secret: 'canary-client-secret',
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials']
      }
    ],
    scopes: ['openid', 'email', 'profile', 'offline_access'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@example.test`, name: id })
    }),
    features: {
      deviceFlow: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      userinfo: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:openeo',
        useGrantedResource: () => true,
        getResourceServerInfo: (_, __, client) => ({
          scope: 'openid email profile offline_access',
          audience: 'openeo',
          accessTokenTTL: TOKEN_TTL[client.clientId] ?? 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } }
        })
      }
    },
    issueRefreshToken: async (_, client) =>
      client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    pkce: { required: () => false },
    ttl: {
      ClientCredentials: 300,
      DeviceCode: (_, __, client) => CODE_TTL[client.clientId] ?? 600,
      Grant: 86400,
      IdToken: 300,
      Interaction: 600,
      RefreshToken: 86400,
      Session: 86400
    }
  });
  // RFC 8628, section 3.2: without an interval a client waits 5 s, which makes slow tests.
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route === 'device_authorization' && ctx.body?.device_code) {
      ctx.body.interval = 0.2;
    }
    // The token has been rotated here, but nobody knows the new one yet.
    const { grant_type, client_id } = ctx.oidc?.params ?? {};
    if (grant_type === 'refresh_token' && client_id === 'openeo-slow') {
      await new Promise(resolve => setTimeout(resolve, 500));
    }
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
