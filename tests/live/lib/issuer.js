// An OpenID Connect provider on loopback, of which cassette takes tokens (`--trust-issuer`): tokens
// that end when a test wants it. Sources: OpenID Connect Discovery 1.0, RFC 7519, RFC 8037.
import { generateKeyPairSync, sign } from 'node:crypto';
import http from 'node:http';

export const audience = 'cassette-live-tests';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Issuer {
  static async start() {
    const issuer = new Issuer();
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    issuer.key = privateKey;
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'EdDSA', use: 'sig' };
    issuer.http = http.createServer((request, response) => {
      const documents = {
        '/.well-known/openid-configuration': { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` },
        '/keys': { keys: [jwk] },
      };
      const document = documents[request.url];
      response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(document ?? {}));
    });
    await new Promise((resolve) => { issuer.http.listen(0, '127.0.0.1', resolve); });
    issuer.url = `http://127.0.0.1:${issuer.http.address().port}`;
    return issuer;
  }

  // A token that ends at `exp`, in seconds since 1970.
  token(exp, claims) {
    const head = encode({ alg: 'EdDSA', kid: 'k1', typ: 'JWT' });
    const now = Math.floor(Date.now() / 1000);
    const body = encode({ iss: this.url, aud: audience, sub: 'test', iat: now, exp, ...claims });
    const signed = `${head}.${body}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.key).toString('base64url')}`;
  }

  stop() {
    this.http.closeAllConnections();
    return new Promise((resolve) => { this.http.close(resolve); });
  }
}
