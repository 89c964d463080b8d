import { fileURLToPath } from 'node:url';
import type { InvocationOutcome, JsonObject, JsonValue } from '@capstan/sdk';
import { createTestHost, testPack } from '@capstan/testing';
import { startTestPostgres, type TestPostgres } from '@capstan/testing/postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const PACK = fileURLToPath(new URL('..', import.meta.url));
const PASSWORD = 'a-password-of-the-test';

let server: TestPostgres;

/** A database with a role of its own, which may do what a shop's agent may, and no more. */
beforeAll(async () => {
  server = await startTestPostgres();
  await run(server.url('postgres'), [
    `CREATE ROLE shop LOGIN PASSWORD '${PASSWORD}'`,
    'CREATE DATABASE shop OWNER shop',
  ]);
  await run(server.url('shop'), ['CREATE SCHEMA hidden', 'CREATE TABLE hidden.salaries (name text)']);
  await run(shopUrl(), [
    'CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL)',
    `CREATE TABLE orders (id bigint PRIMARY KEY, customer int REFERENCES customers (id), total numeric(12, 2) DEFAULT 0,
       at timestamptz, raw bytea, tags jsonb, open boolean)`,
    "COMMENT ON TABLE orders IS 'What was bought'",
    'CREATE INDEX orders_by_customer ON orders (customer)',
    "INSERT INTO customers VALUES (1, 'Ada'), (2, 'Ben')",
    `INSERT INTO orders VALUES (9007199254740993, 1, 1234567890.10, '2026-01-02T03:04:05Z', '\\x00ff', '{"a": [1]}', true)`,
  ]);
});
afterAll(() => server.close());

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function shopUrl(): string {
  return server.url('shop').replace(/\/\/[^@]*@/, `//shop:${PASSWORD}@`);
}

type Call = (
  tool: string,
  args: JsonObject,
  more?: { signal?: AbortSignal; deadline?: number },
) => Promise<InvocationOutcome>;

async function pack(config: JsonObject = {}): Promise<Call> {
  const settings = { database_url: shopUrl(), max_connections: 2, ...config };
  const host = await createTestHost({ packs: { postgres: PACK }, config: { postgres: settings } });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return (tool, args, more) => host.invoke({ tool, arguments: args, ...more });
}

function resultOf(outcome: InvocationOutcome): JsonValue {
  if (outcome.status === 'succeeded') return outcome.result.value;
  throw new Error('error' in outcome ? outcome.error.message : outcome.status);
}

describe('database_query', () => {
  test('gives rows by column name, and keeps every digit, byte and time zone', async () => {
    const call = await pack();
    expect(resultOf(await call('database_query', { query: 'SELECT * FROM orders;' }))).toEqual({
      data: [
        {
          id: '9007199254740993',
          customer: 1,
          total: '1234567890.10',
          at: expect.stringMatching(/^2026-01-02 .*\+/),
          raw: 'AP8=',
          tags: { a: [1] },
          open: true,
        },
      ],
      count: 1,
      query: 'SELECT * FROM orders;',
      columns: expect.arrayContaining([{ name: 'total', type: 'numeric' }]),
      truncated: false,
    });
  });

  test('takes values as parameters, and no more rows than asked for', async () => {
    const call = await pack();
    const query = 'SELECT n FROM generate_series(1, $1) AS n';
    expect(resultOf(await call('database_query', { query, params: [1_000_000], limit: 3 }))).toMatchObject({
      data: [{ n: 1 }, { n: 2 }, { n: 3 }],
      truncated: true,
    });
    const injected = await call('database_query', {
      query: 'SELECT name FROM customers WHERE name = $1',
      params: ["x' OR '1'='1"],
    });
    expect(resultOf(injected)).toMatchObject({ count: 0 });
  });

  test('keeps columns of one name apart', async () => {
    const call = await pack();
    expect(resultOf(await call('database_query', { query: 'SELECT 1 AS a, 2 AS a, 3 AS a' }))).toMatchObject({
      data: [{ a: 1, a_2: 2, a_3: 3 }],
    });
  });

  test.each([
    'DELETE FROM orders',
    'SELECT 1; DROP TABLE orders',
    'SELECT 1; COMMIT; DROP TABLE orders',
    'COMMIT; DELETE FROM orders; BEGIN',
    'WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone',
    'SELECT * FROM orders FOR UPDATE',
    'COPY orders TO STDOUT',
    "SELECT set_config('transaction_read_only', 'off', false)",
    'SELECT 1 INTO copy',
    'DO $$ BEGIN DELETE FROM orders; END $$',
    'SET default_transaction_read_only = off',
    'SELECT lo_create(1)',
  ])('changes nothing: %s', async (query) => {
    const call = await pack();
    expect(await call('database_query', { query })).toMatchObject({ status: 'failed' });
    expect(resultOf(await call('database_query', { query: 'SELECT count(*) AS n FROM orders' }))).toMatchObject({
      data: [{ n: 1 }],
    });
  });

  test('leaves nothing of one call to the next on the same connection', async () => {
    const call = await pack({ max_connections: 1 });
    await call('database_query', { query: "SELECT set_config('search_path', 'hidden', false), pg_advisory_lock(7)" });
    expect(resultOf(await call('database_query', { query: 'SELECT count(*) AS n FROM customers' }))).toMatchObject({
      data: [{ n: 2 }],
    });
    expect(
      resultOf(
        await call('database_query', {
          query: 'SELECT count(*) AS n FROM pg_locks WHERE locktype = $1',
          params: ['advisory'],
        }),
      ),
    ).toMatchObject({ data: [{ n: 0 }] });
  });

  test.each([
    ['SELECT * FROM nowhere', 'CAPSTAN_INVALID_ARGUMENTS', /list_tables/, { position: 15 }],
    ['SELECT nothing FROM orders', 'CAPSTAN_INVALID_ARGUMENTS', /describe_table/, { position: 8 }],
    ['SELEC 1', 'CAPSTAN_INVALID_ARGUMENTS', /one query that reads/, { position: 1 }],
    ['SELECT $1::int', 'CAPSTAN_INVALID_ARGUMENTS', /one value in params/, {}],
    ['SELECT 1 / 0', 'CAPSTAN_INVALID_ARGUMENTS', /value/, {}],
    ['SELECT * FROM hidden.salaries', 'CAPSTAN_REMOTE_REFUSED', /role/, {}],
  ])('says what is wrong with %s', async (query, code, hint, details) => {
    const call = await pack();
    expect(await call('database_query', { query })).toMatchObject({
      status: 'failed',
      error: { code, hint: expect.stringMatching(hint), details },
    });
  });

  test('the server ends a statement that takes too long, and the next one runs', async () => {
    const call = await pack({ statement_timeout_s: 1, max_connections: 1 });
    expect(await call('database_query', { query: 'SELECT pg_sleep(30)' })).toMatchObject({
      error: { code: 'CAPSTAN_REMOTE_TIMEOUT' },
    });
    expect(resultOf(await call('database_query', { query: 'SELECT 1 AS one' }))).toMatchObject({ data: [{ one: 1 }] });
  });

  test('a cancelled call is cancelled at the server too', async () => {
    const call = await pack();
    const cancelling = new AbortController();
    setTimeout(() => cancelling.abort(), 200);
    const query = "SELECT pg_sleep(30), 'the one to cancel'";
    expect(await call('database_query', { query }, { signal: cancelling.signal })).toMatchObject({
      error: { code: 'CAPSTAN_CANCELLED' },
    });
    const running = "SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1";
    let left: JsonValue = null;
    for (let tries = 0; tries < 50; tries += 1) {
      left = resultOf(await call('database_query', { query: running, params: ['%the one to%cancel%'] }));
      if (JSON.stringify(left).includes('"n":0')) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(left).toBe('nothing runs any more');
  });

  test('more calls than connections wait for their turn', async () => {
    const call = await pack({ max_connections: 2 });
    const calls = Array.from({ length: 20 }, (_, n) =>
      call('database_query', { query: 'SELECT $1::int AS n', params: [n] }),
    );
    const outcomes = await Promise.all(calls);
    expect(outcomes.map(resultOf)).toEqual(outcomes.map((_, n) => expect.objectContaining({ data: [{ n }] })));
  });
});

describe('database_execute', () => {
  test('changes rows in a transaction of its own, and gives what RETURNING gives', async () => {
    const call = await pack();
    expect(
      resultOf(
        await call('database_execute', {
          statement: 'INSERT INTO customers VALUES ($1, $2), ($3, $4) RETURNING id',
          params: [10, 'Cy', 11, 'Di'],
          limit: 1,
        }),
      ),
    ).toEqual({ command: 'INSERT', affected: 2, data: [{ id: 10 }], truncated: true });
    expect(resultOf(await call('database_execute', { statement: 'DELETE FROM customers WHERE id > 9' }))).toMatchObject(
      {
        command: 'DELETE',
        affected: 2,
      },
    );
  });

  test.each([
    ['INSERT INTO customers VALUES (20, $1); DELETE FROM customers', 'CAPSTAN_INVALID_ARGUMENTS'],
    ["INSERT INTO customers VALUES (1, 'again')", 'CAPSTAN_REMOTE_REFUSED'],
    ['DROP TABLE hidden.salaries', 'CAPSTAN_REMOTE_REFUSED'],
  ])('%s changes nothing', async (statement, code) => {
    const call = await pack();
    expect(
      await call('database_execute', { statement, ...(statement.includes('$1') ? { params: ['x'] } : {}) }),
    ).toMatchObject({
      error: { code },
    });
    expect(resultOf(await call('database_query', { query: 'SELECT count(*) AS n FROM customers' }))).toMatchObject({
      data: [{ n: 2 }],
    });
  });

  test('a statement that waits for data from the client ends with the call, and the connection with it', async () => {
    const call = await pack({ max_connections: 1 });
    const outcome = await call(
      'database_execute',
      { statement: 'COPY customers FROM STDIN' },
      { deadline: Date.now() + 700 },
    );
    expect(outcome.status).toBe('failed');
    expect(resultOf(await call('database_query', { query: 'SELECT 1 AS one' }))).toMatchObject({ data: [{ one: 1 }] });
  });
});

test('list_tables and describe_table show what the role may see', async () => {
  const call = await pack();
  const listed = resultOf(await call('list_tables', {}));
  expect(listed).toMatchObject({
    count: 2,
    tables: [
      { schema: 'public', name: 'customers', kind: 'table' },
      { schema: 'public', name: 'orders', kind: 'table', comment: 'What was bought' },
    ],
  });
  expect(resultOf(await call('list_tables', { search: 'ORD' }))).toMatchObject({ count: 1 });
  expect(resultOf(await call('describe_table', { table: 'orders' }))).toMatchObject({
    columns: expect.arrayContaining([
      { name: 'total', type: 'numeric(12,2)', nullable: true, default: '0', comment: null },
    ]),
    primary_key: ['id'],
    foreign_keys: [{ definition: expect.stringContaining('REFERENCES customers(id)') }],
    indexes: [{ name: 'orders_by_customer' }, { name: 'orders_pkey' }],
  });
  expect(await call('describe_table', { schema: 'hidden', table: 'salaries' })).toMatchObject({
    error: { code: 'CAPSTAN_INVALID_ARGUMENTS' },
  });
});

describe('the connection', () => {
  test.each([
    ['mysql://x/y', 'CAPSTAN_CONFIG_INVALID'],
    ['postgresql://a:secret-in-the-url@h/db?sslmode=no-verify', 'CAPSTAN_CONFIG_INVALID'],
    ['postgresql://a:secret-in-the-url@127.0.0.1:1/db', 'CAPSTAN_REMOTE_UNREACHABLE'],
  ])('%s is %s, and the URL is told to nobody', async (url, code) => {
    const call = await pack({ database_url: url });
    const outcome = await call('database_query', { query: 'SELECT 1' });
    expect(outcome).toMatchObject({ error: { code } });
    expect(JSON.stringify(outcome)).not.toContain('secret-in-the-url');
  });

  test('a wrong password and a database that is not there are for an operator', async () => {
    for (const url of [shopUrl().replace(PASSWORD, 'wrong'), shopUrl().replace(/\/shop$/, '/nowhere')]) {
      const call = await pack({ database_url: url });
      expect(await call('database_query', { query: 'SELECT 1' })).toMatchObject({
        error: { code: 'CAPSTAN_REMOTE_AUTH', hint: expect.stringContaining('database_url') },
      });
    }
  });
});

test('every example of the manifest works', async () => {
  const { results } = await testPack(PACK, { config: { database_url: shopUrl() }, writes: true });
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
});
