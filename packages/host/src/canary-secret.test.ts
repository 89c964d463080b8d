import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Logger } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { openAuditSpool } from './audit/audit-spool.ts';
import { createHost } from './create-host.ts';
import { contractService } from './test-kit/contract-service.ts';
import { REMOTE_MANIFEST, temporaryFolder } from './test-kit/pack-folder.ts';

const CANARY = 'c4nary/Secret+täken=42';
const PIN = 'pin-0815-4711';

const FORMS = [CANARY, PIN].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  JSON.stringify(secret).slice(1, -1),
]);

const CODE = `
export const leak = ({ config, connection, logger }) => (input, context) => {
  logger.error('config is ' + config.api_token, { config, connection });
  throw new Error('token ' + config.api_token + ' ' + JSON.stringify(connection));
};`;

const MANIFEST = `${REMOTE_MANIFEST}  - { name: leak, description: Tries, backend: "./tools.mjs:leak" }\n`;

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

test.each(['system', 'connection', 'environment', 'reference'] as const)(
  'a secret from the %s layer stands in nothing that the host writes',
  async (layer) => {
    const service = await contractService();
    const written: string[] = [];
    const note = (...values: readonly unknown[]): void => {
      for (const value of values) written.push(inspect(value, { depth: 12 }), JSON.stringify(value) ?? '');
    };
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const quoted = JSON.stringify(CANARY);
    const system = {
      system: `, api_token: ${quoted}`,
      reference: ', api_token: env:SOME_NAME',
      connection: '',
      environment: '',
    }[layer];
    const auth = layer === 'connection' ? `, auth: { type: bearer, token: ${quoted} }` : '';
    const folder = temporaryFolder({
      'packs/line/manifest.yaml': MANIFEST,
      'packs/line/tools.mjs': CODE,
      'capstan.yaml': `version: 1
discover: [./packs/*]
packs: { line_pack: { trust: in_process, environment: [LINE_TOKEN], config: { base_url: "${service.url}"${system} } } }
workspaces:
  default:
    packs: [line_pack]
    connections: [{ id: one, pack: line_pack, tool_type: line${auth} }]
egress: { allow_private: [127.0.0.0/8] }
defaults: { retry: { max_retries: 0, base_ms: 1, max_ms: 1 } }
`,
    });
    const audit = openAuditSpool(join(folder, 'audit'), { logger });
    const host = await createHost({
      config: join(folder, 'capstan.yaml'),
      environment: { LINE_TOKEN: layer === 'environment' ? CANARY : undefined, SOME_NAME: CANARY },
      logger,
      audit,
      onOutgoingRequest: note,
    });
    for (const name of ['pack:state', 'circuit:state', 'invocation:started', 'invocation:finished'] as const)
      host.on(name, note);

    const call = (tool: string, arguments_: Record<string, string>) => host.invoke({ tool, arguments: arguments_ });
    note(await call('line_send_message', { to: 'x', pin: PIN }));
    const echo = (status: number, body: unknown) => service.answer(() => ({ status, body }));
    const sent = service.requests[0]?.headers.authorization;
    expect(sent).toBe(`Bearer ${CANARY}`);
    written.length = 0;

    echo(401, {
      success: false,
      error: { code: `BAD ${CANARY}`, message: `token ${CANARY} refused`, details: { token: CANARY, header: sent } },
    });
    note(await call('line_send_message', { to: 'x', pin: PIN }));
    echo(500, `<html>${CANARY} ${Buffer.from(CANARY).toString('base64')}</html>`);
    note(await call('line_send_message', { to: 'x', pin: PIN }));
    note(await call('line_send_message', { pin: PIN, too: 'much' }));
    note(await call('leak', {}));
    await service.stop();
    note(await call('line_send_message', { to: 'x', pin: PIN }));
    note(
      host.packs(),
      host.listTools().items,
      host.connections(),
      host.circuits(),
      host.explainConfig('line_pack', { connection: 'one' }),
      host.metrics(),
    );
    await host.close();

    const files = filesUnder(folder).filter((path) => path.endsWith('.jsonl'));
    for (const path of files) written.push(readFileSync(path, 'utf8'));
    expect(files).toHaveLength(1);
    expect(written.length).toBeGreaterThan(10);
    for (const text of written) for (const form of FORMS) expect(text.includes(form) ? text : '').toBe('');
  },
);
