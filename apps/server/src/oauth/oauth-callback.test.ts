import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { linePackFolder } from '../line-pack.test.support.ts';
import { ADMIN_KEY, type ServerUnderTest, serverUnderTest } from '../running-server.test.support.ts';

const AUTHORIZE = '/v1/workspaces/default/connections/mail/authorize';

async function authorizationServer(): Promise<{ url: string; forms: URLSearchParams[] }> {
  const forms: URLSearchParams[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    const form = new URLSearchParams(text);
    forms.push(form);
    const isGood = form.get('code') === 'good';
    outgoing.writeHead(isGood ? 200 : 400, { 'content-type': 'application/json' });
    const refused = { error: 'invalid_grant', error_description: '<script>alert(1)</script>' };
    outgoing.end(JSON.stringify(isGood ? { access_token: 'at-geheim', token_type: 'bearer' } : refused));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, forms };
}

async function setUp(more: { publicUrl?: string } = {}) {
  const remote = await authorizationServer();
  const { config } = linePackFolder({
    packs: { line_pack: { config: { base_url: remote.url } } },
    egress: { allow_private: ['127.0.0.0/8'] },
    workspaces: {
      default: {
        packs: ['line_pack'],
        connections: [
          {
            id: 'mail',
            name: '<b>Mail</b>',
            pack: 'line_pack',
            tool_type: 'line',
            auth: {
              type: 'oauth2_authorization_code',
              client_id: 'c',
              token_url: `${remote.url}/token`,
              authorization_url: `${remote.url}/authorize`,
            },
          },
        ],
      },
    },
  });
  return { ...remote, server: await serverUnderTest({ hostOptions: { config }, ...more }) };
}

async function begin(server: ServerUnderTest): Promise<{ state: string; redirectUri: string }> {
  const answer = await server.send(AUTHORIZE, { method: 'POST', key: ADMIN_KEY });
  const body = (await answer.json()) as { authorization_url: string; redirect_uri: string };
  const parameters = new URL(body.authorization_url).searchParams;
  expect(parameters.get('redirect_uri')).toBe(body.redirect_uri);
  return { state: parameters.get('state') ?? '', redirectUri: body.redirect_uri };
}

test('a browser that comes back connects the account, without a key, once', async () => {
  const { server, forms } = await setUp();
  const { state, redirectUri } = await begin(server);
  expect(redirectUri).toBe(`${server.url}/oauth/callback`);
  const back = await fetch(`${redirectUri}?state=${state}&code=good`);
  expect([back.status, back.headers.get('referrer-policy'), back.headers.get('cache-control')]).toEqual([
    200,
    'no-referrer',
    'no-store',
  ]);
  expect(back.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await back.text();
  expect(html).toContain('&#60;b&#62;Mail&#60;/b&#62; (mail) of workspace default can be used now.');
  expect(html).not.toMatch(/<b>|geheim/);
  expect(forms[0]?.get('code_verifier')).toMatch(/^.{43,}$/);
  expect(server.host.connections()).toMatchObject([{ id: 'mail', status: 'connected' }]);
  expect((await fetch(`${redirectUri}?state=${state}&code=good`)).status).toBe(400);
});

test('what the authorization server says cannot become part of the page', async () => {
  const { server } = await setUp();
  const { state, redirectUri } = await begin(server);
  const back = await fetch(`${redirectUri}?state=${state}&code=bad`);
  expect(back.status).toBe(502);
  expect(await back.text()).not.toContain('<script>');
});

test('a state that nobody was given is refused, and neither it nor the code gets into the log', async () => {
  const { server } = await setUp();
  const back = await fetch(`${server.url}/oauth/callback?state=made-up-state&code=stolen-code`);
  expect(back.status).toBe(400);
  expect(await back.text()).toContain('capstan connection authorize');
  expect(server.logLines.join('\n')).not.toMatch(/made-up-state|stolen-code/);
});

test('behind a proxy browsers come back to the public URL', async () => {
  const { server } = await setUp({ publicUrl: 'https://tools.example.com/capstan' });
  expect((await begin(server)).redirectUri).toBe('https://tools.example.com/capstan/oauth/callback');
});

test('an agent may not begin it', async () => {
  const { server } = await setUp();
  expect((await server.send(AUTHORIZE, { method: 'POST' })).status).toBe(403);
});
