import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { FakeClock } from '../clock.test.support.ts';
import type { TokenVerifier } from '../token-verifier.ts';
import type { JwtIssuer } from './jwt-settings.ts';
import { jwtVerifier } from './jwt-verifier.ts';

export const ISSUER = 'https://login.example.com/realms/a';
export const RESOURCE = 'https://tools.example.com';

const SETTINGS: JwtIssuer = {
  name: 'corp',
  issuer: ISSUER,
  audience: [],
  algorithms: ['ES256'],
  clockSkewS: 30,
  claims: { subject: 'sub', roles: 'roles', workspaces: 'workspaces', scopes: 'scope' },
  defaultWorkspaces: ['default'],
};

/** Claims of a test; undefined takes one away. */
export type TestClaims = Readonly<Record<string, unknown>>;

/** An issuer of a test. */
export interface TestIssuer {
  readonly clock: FakeClock;
  readonly verifier: TokenVerifier;
  /** Every URL that was asked for. */
  readonly fetched: readonly string[];
  seconds(): number;
  publicKeys(): readonly object[];
  goDown(down: boolean): void;
  /** Signs with another key from now on; `publish` shows it. */
  rotate(id: string, publish: boolean): Promise<void>;
  sign(claims?: TestClaims, header?: Partial<JWTHeaderParameters>): Promise<string>;
}

/** An issuer whose keys are under the test's control, and a verifier that trusts it. */
export async function testIssuer(settings: Partial<JwtIssuer> = {}): Promise<TestIssuer> {
  const clock = new FakeClock();
  const fetched: string[] = [];
  let key = await newKey('k1');
  let keys: readonly object[] = [key.jwk];
  let isDown = false;
  const fetchDocument = async (url: string): Promise<unknown> => {
    fetched.push(url);
    if (isDown) throw new Error('the issuer is away');
    if (url === `${ISSUER}/jwks`) return { keys };
    if (url.includes('oauth-authorization-server')) throw new Error('404');
    return { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` };
  };
  const verifier = jwtVerifier({
    issuers: [{ ...SETTINGS, ...settings }],
    resource: () => RESOURCE,
    fetchDocument,
    clock,
  });
  const seconds = () => Math.floor(clock.now() / 1000);
  return {
    clock,
    verifier,
    fetched,
    seconds,
    publicKeys: () => keys,
    goDown: (down) => {
      isDown = down;
    },
    rotate: async (id, publish) => {
      key = await newKey(id);
      if (publish) keys = [key.jwk];
    },
    sign: (claims = {}, header = {}) =>
      new SignJWT({
        iss: ISSUER,
        sub: 'ada',
        aud: RESOURCE,
        roles: ['agent'],
        exp: seconds() + 300,
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: key.id, typ: 'at+jwt', ...header })
        .sign(key.privateKey),
  };
}

async function newKey(id: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { id, privateKey, jwk: { ...(await exportJWK(publicKey)), kid: id, alg: 'ES256', use: 'sig' } };
}
