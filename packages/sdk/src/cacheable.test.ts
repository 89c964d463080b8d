import { expect, test } from 'vitest';
import { cacheable } from './cacheable.ts';

function stockPrices(maxEntries?: number) {
  const time = { now: 1_000_000 };
  const asked: string[] = [];
  const price = cacheable(
    (symbol: string) => {
      asked.push(symbol);
      return { symbol, price: asked.length };
    },
    { ttl: 600, clock: { now: () => time.now }, ...(maxEntries === undefined ? {} : { maxEntries }) },
  );
  return { price, asked, time };
}

test('an answer stands in for a call until its time is over', async () => {
  const { price, asked, time } = stockPrices();
  expect(await price('AAPL')).toEqual({ symbol: 'AAPL', price: 1 });
  time.now += 599_999;
  expect(await price('AAPL')).toEqual({ symbol: 'AAPL', price: 1 });
  expect(price.statistics()).toMatchObject({
    hits: 1,
    misses: 1,
    entries: [{ arguments: ['AAPL'], hits: 1, storedAt: 1_000_000, lastAccessAt: 1_599_999 }],
  });
  time.now += 1;
  expect(await price('AAPL')).toEqual({ symbol: 'AAPL', price: 2 });
  expect(asked).toEqual(['AAPL', 'AAPL']);
});

test('exactly the arguments that are named are forgotten', async () => {
  const { price, asked } = stockPrices();
  await price('AAPL');
  await price('MSFT');
  expect([price.invalidate('AAPL'), price.invalidate('AAPL'), price.invalidate('NONE')]).toEqual([true, false, false]);
  await price('AAPL');
  await price('MSFT');
  expect(asked).toEqual(['AAPL', 'MSFT', 'AAPL']);
  price.clear();
  expect(price.statistics().entries).toEqual([]);
});

test('the least recently used answer gives way', async () => {
  const { price, asked } = stockPrices(2);
  for (const symbol of ['A', 'B', 'A', 'C', 'A', 'B']) await price(symbol);
  expect(asked).toEqual(['A', 'B', 'C', 'B']);
  expect(price.statistics()).toMatchObject({ hits: 2, misses: 4, evictions: 2 });
});

test('the order of keys makes no difference, the order of a list does', async () => {
  const asked: string[] = [];
  const look = cacheable((question: { readonly [key: string]: string | string[] }) =>
    asked.push(Object.keys(question).join()),
  );
  await look({ timeframe: 'day', assets: ['A', 'B'] });
  await look({ assets: ['A', 'B'], timeframe: 'day' });
  await look({ assets: ['B', 'A'], timeframe: 'day' });
  expect(asked).toEqual(['timeframe,assets', 'assets,timeframe']);
});

test('of identical calls at once one is made, and what is forgotten meanwhile is not kept', async () => {
  const answers: ((value: string) => void)[] = [];
  const slow = cacheable((_name: string) => new Promise<string>((resolve) => answers.push(resolve)));
  const both = [slow('x'), slow('x')];
  await Promise.resolve();
  expect(answers).toHaveLength(1);
  slow.invalidate('x');
  answers[0]?.('old');
  expect(await Promise.all(both)).toEqual(['old', 'old']);
  const again = slow('x');
  await Promise.resolve();
  answers[1]?.('new');
  expect([await again, await slow('x')]).toEqual(['new', 'new']);
  expect(answers).toHaveLength(2);
});

test('an error is counted and not kept, and a caller cannot change what the next one gets', async () => {
  let calls = 0;
  const list = cacheable((name: string) => {
    calls += 1;
    if (calls === 1) throw new Error('down');
    return [name];
  });
  await expect(list('a')).rejects.toThrow('down');
  (await list('a')).push('changed');
  expect(await list('a')).toEqual(['a']);
  expect(list.statistics()).toMatchObject({ errors: 1, misses: 2, hits: 1 });
});

test.each([{ ttl: 0 }, { ttl: Number.NaN }, { maxEntries: 0 }])('%o is refused', (options) => {
  expect(() => cacheable(() => 1, options)).toThrow(RangeError);
});
