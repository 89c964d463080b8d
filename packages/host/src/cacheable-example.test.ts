import { readFileSync } from 'node:fs';
import type { JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { hostOn } from './test-kit/test-host.ts';

const example = (name: string): string =>
  readFileSync(new URL(`../../../docs/examples/cache/${name}`, import.meta.url), 'utf8');

const START = 1_700_000_000_000;

/** The example of the documentation, as it lies there. */
async function market() {
  const time = { now: START };
  const { host } = await hostOn(
    {
      'packs/market/manifest.yaml': example('manifest.yaml'),
      'packs/market/tools.mjs': example('tools.mjs'),
      'capstan.yaml':
        'version: 1\ndiscover: [./packs/*]\npacks: { market: { trust: in_process } }\nworkspaces: { default: { packs: [market] } }\n',
    },
    { clock: { now: () => time.now } },
  );
  const call = async (tool: string, given: JsonObject) => {
    const outcome = await host.invoke({ tool, arguments: given });
    if (outcome.status !== 'succeeded') throw new Error(JSON.stringify(outcome));
    return outcome.result.value;
  };
  return { call, time };
}

test('the stock price is kept for ten minutes, counted, and forgotten by its symbol', async () => {
  const { call, time } = await market();
  const first = await call('stock_price', { symbol: 'AAPL' });
  expect(first).toMatchObject({ symbol: 'AAPL', timestamp: START, cache: { hits: 0, misses: 1 } });
  time.now += 599_999;
  const { price } = Object(first);
  expect(await call('stock_price', { symbol: 'AAPL' })).toMatchObject({
    price,
    timestamp: START,
    cache: { hits: 1, misses: 1, evictions: 0, errors: 0, entries: [{ arguments: ['AAPL'], hits: 1 }] },
  });
  expect(await call('stock_price', { symbol: 'MSFT' })).toMatchObject({ cache: { hits: 1, misses: 2 } });
  expect(await call('stock_price', { symbol: 'AAPL', refresh: true })).toMatchObject({ timestamp: time.now });
  const refreshed = time.now;
  time.now += 1;
  expect(await call('stock_price', { symbol: 'AAPL' })).toMatchObject({ timestamp: refreshed });
  time.now += 600_000;
  expect(await call('stock_price', { symbol: 'AAPL' })).toMatchObject({ timestamp: time.now });
});

test('the analysis of a market is kept for an hour, for each timeframe and list of assets', async () => {
  const { call, time } = await market();
  const question = { timeframe: '1d', assets: ['AAPL', 'MSFT'] };
  await call('analyze_market_data', question);
  time.now += 3_599_999;
  expect(await call('analyze_market_data', question)).toMatchObject({ ...question, computed_at: START });
  expect(await call('analyze_market_data', { ...question, timeframe: '1w' })).toMatchObject({ computed_at: time.now });
  time.now += 1;
  expect(await call('analyze_market_data', question)).toMatchObject({ computed_at: time.now });
});
