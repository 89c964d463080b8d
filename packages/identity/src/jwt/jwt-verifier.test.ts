import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { ISSUER, RESOURCE, testIssuer } from './issuer.test.support.ts';
import { metadataUrls } from './issuer-keys.ts';

test('a good token is a caller with the rights that its claims name', async () => {
  const { verifier, sign, seconds } = await testIssuer();
  const exp = seconds() + 300;
  expect(
    await verifier.verify(await sign({ exp, workspaces: ['support', 'sales'], scope: 'openid tools:read' })),
  ).toMatchObject({
    kind: 'valid',
    caller: {
      kind: 'jwt',
      principal: { id: 'user:corp/ada', roles: ['viewer'] },
      workspaces: ['support', 'sales'],
      expiresAt: (exp + 30) * 1000,
    },
  });
});

describe('what is refused', () => {
  test.each([
    ['of another issuer', { iss: 'https://evil.example' }, 'no issuer that is trusted'],
    ['of an issuer that differs by a slash', { iss: `${ISSUER}/` }, 'no issuer that is trusted'],
    ['for another audience', { aud: 'https://other.example' }, 'another audience'],
    ['for an audience that begins like ours', { aud: `${RESOURCE}.evil.example` }, 'another audience'],
    ['for no audience', { aud: undefined }, 'another audience'],
    ['that never ends', { exp: undefined }, 'not valid here'],
    ['without a subject', { sub: undefined }, 'does not say whom'],
    ['with a subject that would break lines', { sub: 'a\nb' }, 'does not say whom'],
    ['bound to a key', { cnf: { jkt: 'x' } }, 'bound to a key'],
    ['without a role', { roles: ['superuser'] }, 'no role here'],
  ])('a token %s', async (_name, claims, words) => {
    const { verifier, sign } = await testIssuer();
    const verdict = await verifier.verify(await sign(claims));
    expect(verdict).toMatchObject({ kind: 'refused', error: { message: expect.stringContaining(words) } });
  });

  test.each([['logout+jwt'], ['dpop+jwt'], ['capstan-session+jwt']])('a token of the type %s', async (typ) => {
    const { verifier, sign } = await testIssuer();
    expect(await verifier.verify(await sign({}, { typ }))).toMatchObject({ kind: 'refused', isGuess: true });
  });

  test('a token that nobody signed', async () => {
    const { verifier, seconds } = await testIssuer();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = part({ iss: ISSUER, sub: 'ada', aud: RESOURCE, roles: ['admin'], exp: seconds() + 300 });
    for (const alg of ['none', 'None', 'NONE', '']) {
      for (const signature of ['', 'AAAA']) {
        const token = `${part({ alg, typ: 'at+jwt' })}.${claims}.${signature}`;
        expect(verifier.recognises(token) ? (await verifier.verify(token)).kind : 'refused').toBe('refused');
      }
    }
  });

  test('a token signed with the public key as a shared secret', async () => {
    const { verifier, publicKeys, seconds } = await testIssuer({ algorithms: ['ES256', 'RS256'] });
    const secret = Buffer.from(JSON.stringify(publicKeys()[0]));
    const token = await new SignJWT({ iss: ISSUER, sub: 'ada', aud: RESOURCE, roles: ['admin'], exp: seconds() + 300 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'at+jwt' })
      .sign(secret);
    expect(await verifier.verify(token)).toMatchObject({ kind: 'refused', isGuess: true });
  });

  test('a token of an algorithm that is not on the list', async () => {
    const { verifier, sign } = await testIssuer({ algorithms: ['RS256'] });
    expect(await verifier.verify(await sign())).toMatchObject({ kind: 'refused' });
  });

  test('a token with another payload under a good signature', async () => {
    const { verifier, sign } = await testIssuer();
    const [header, , signature] = (await sign()).split('.');
    const [, payload] = (await sign({ roles: ['admin'] })).split('.');
    expect(await verifier.verify(`${header}.${payload}.${signature}`)).toMatchObject({
      kind: 'refused',
      isGuess: true,
    });
  });
});

test('clocks may differ by the skew and no more', async () => {
  const { verifier, sign, clock, seconds } = await testIssuer();
  const early = await sign({ nbf: seconds() + 60 });
  expect(await verifier.verify(early)).toMatchObject({ kind: 'refused', isGuess: false });
  clock.pass(30_000);
  expect(await verifier.verify(early)).toMatchObject({ kind: 'valid' });
  const token = await sign({ exp: seconds() + 10 });
  clock.pass(39_000);
  expect(await verifier.verify(token)).toMatchObject({ kind: 'valid' });
  clock.pass(2_000);
  expect(await verifier.verify(token)).toMatchObject({
    kind: 'refused',
    isGuess: false,
    error: { code: 'CAPSTAN_UNAUTHENTICATED', message: 'this token has expired' },
  });
});

describe('audiences', () => {
  test.each([[RESOURCE], [`${RESOURCE}/`], [`${RESOURCE}/mcp`], [['https://x.example', RESOURCE]], ['capstan']])(
    '%j is us',
    async (aud) => {
      const { verifier, sign } = await testIssuer({ audience: ['capstan'] });
      expect(await verifier.verify(await sign({ aud }))).toMatchObject({ kind: 'valid' });
    },
  );

  test('the endpoint of one workspace opens that one alone, and only to whom it is open', async () => {
    const { verifier, sign } = await testIssuer();
    const aud = `${RESOURCE}/w/support/mcp`;
    expect(await verifier.verify(await sign({ aud, workspaces: ['support', 'sales'] }))).toMatchObject({
      caller: { workspaces: ['support'] },
    });
    expect(await verifier.verify(await sign({ aud, workspaces: ['sales'] }))).toMatchObject({
      kind: 'refused',
      error: { code: 'CAPSTAN_FORBIDDEN' },
    });
  });
});

test('an admin of some workspaces, or with a token for one of them, does not manage the host', async () => {
  const { verifier, sign } = await testIssuer();
  for (const claims of [{ workspaces: ['support'] }, { aud: `${RESOURCE}/w/support/mcp` }]) {
    const verdict = await verifier.verify(await sign({ roles: ['admin'], ...claims }));
    expect(verdict).toMatchObject({ caller: { principal: { roles: ['operator'] }, workspaces: ['support'] } });
    expect(verdict.kind === 'valid' && verdict.caller.scopes.has('host:manage')).toBe(false);
  }
});

describe('claims', () => {
  test('the way to a claim leads through objects, names with dots are names, and the strongest role counts', async () => {
    const names = { subject: 'sub', workspaces: 'ws', scopes: 'scope' };
    const nested = await testIssuer({
      claims: { ...names, roles: 'realm_access.roles' },
      roles: { tools: 'agent', boss: 'operator' },
    });
    const realm = { realm_access: { roles: ['tools', 'boss', 'admin'] } };
    expect(await nested.verifier.verify(await nested.sign(realm))).toMatchObject({
      caller: { principal: { roles: ['operator'] } },
    });
    const dotted = await testIssuer({ claims: { ...names, roles: 'https://example.com/roles' } });
    expect(await dotted.verifier.verify(await dotted.sign({ 'https://example.com/roles': 'viewer' }))).toMatchObject({
      caller: { principal: { roles: ['viewer'] } },
    });
  });

  test('names that every object has are no roles and no workspaces', async () => {
    const { verifier, sign } = await testIssuer({ roles: { a: 'agent' }, workspaces: { a: 'w' } });
    for (const claims of [{ roles: ['constructor'] }, { roles: ['__proto__'] }]) {
      expect(await verifier.verify(await sign(claims))).toMatchObject({ kind: 'refused' });
    }
    expect(await verifier.verify(await sign({ roles: ['a'], workspaces: ['constructor'] }))).toMatchObject({
      caller: { workspaces: ['default'] },
    });
  });

  test('every workspace is for admins, and for whom the table of the operator says so', async () => {
    const plain = await testIssuer();
    expect(await plain.verifier.verify(await plain.sign({ workspaces: ['*'] }))).toMatchObject({
      caller: { workspaces: ['default'] },
    });
    expect(await plain.verifier.verify(await plain.sign({ roles: ['admin'] }))).toMatchObject({
      caller: { workspaces: 'all' },
    });
    const table = await testIssuer({ workspaces: { platform: '*' } });
    expect(await table.verifier.verify(await table.sign({ workspaces: ['platform'] }))).toMatchObject({
      caller: { workspaces: 'all' },
    });
  });

  test('without a role of its own an account has the default one, where there is one', async () => {
    const { verifier, sign } = await testIssuer({ defaultRole: 'viewer' });
    expect(await verifier.verify(await sign({ roles: undefined }))).toMatchObject({
      caller: { principal: { roles: ['viewer'] } },
    });
  });
});

describe('keys of the issuer', () => {
  test('are found by its metadata and fetched once', async () => {
    const { verifier, sign, fetched } = await testIssuer();
    for (let n = 0; n < 5; n += 1) await verifier.verify(await sign());
    expect(fetched).toEqual([
      'https://login.example.com/.well-known/oauth-authorization-server/realms/a',
      `${ISSUER}/.well-known/openid-configuration`,
      `${ISSUER}/jwks`,
    ]);
    expect(metadataUrls('https://login.example.com')).toEqual([
      'https://login.example.com/.well-known/oauth-authorization-server',
      'https://login.example.com/.well-known/openid-configuration',
    ]);
  });

  test('rotate: a key id that is new makes them be fetched again, and made-up ones do so twice a minute at most', async () => {
    const { verifier, sign, fetched, rotate, clock } = await testIssuer({ jwksUrl: `${ISSUER}/jwks` });
    await verifier.verify(await sign());
    clock.pass(30_000);
    await rotate('k2', true);
    expect(await verifier.verify(await sign())).toMatchObject({ kind: 'valid' });
    expect(fetched).toHaveLength(2);
    for (let n = 0; n < 20; n += 1) {
      expect(await verifier.verify(await sign({}, { kid: `made-up-${n}` }))).toMatchObject({ isGuess: true });
    }
    expect(fetched).toHaveLength(2);
    clock.pass(30_000);
    await verifier.verify(await sign({}, { kid: 'made-up' }));
    expect(fetched).toHaveLength(3);
  });

  test('that an issuer took back count no longer than ten minutes', async () => {
    const { verifier, sign, rotate, clock } = await testIssuer();
    const old = await sign({ exp: 100_000_000 });
    expect(await verifier.verify(old)).toMatchObject({ kind: 'valid' });
    await rotate('k2', true);
    clock.pass(600_000);
    expect(await verifier.verify(old)).toMatchObject({ kind: 'refused' });
  });

  test('outlive an issuer that is away by an hour; without any, nobody is let in', async () => {
    const { verifier, sign, goDown, clock } = await testIssuer();
    const token = await sign({ exp: 100_000_000 });
    goDown(true);
    expect(await verifier.verify(token)).toMatchObject({
      kind: 'refused',
      isGuess: false,
      error: { code: 'CAPSTAN_REMOTE_UNAVAILABLE' },
    });
    goDown(false);
    clock.pass(30_000);
    expect(await verifier.verify(token)).toMatchObject({ kind: 'valid' });
    goDown(true);
    clock.pass(3_599_000);
    expect(await verifier.verify(token)).toMatchObject({ kind: 'valid' });
    clock.pass(30_000);
    expect(await verifier.verify(token)).toMatchObject({ kind: 'refused' });
  });
});
