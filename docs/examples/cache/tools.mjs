/** A price costs a request to somebody who charges for it, so it is kept for 10 minutes. */
export const stockPrice = ({ cache, clock }) => {
  const getStockPrice = cache.cacheable(
    (symbol) => ({ symbol, price: Math.round(10_000 + Math.random() * 5_000) / 100, timestamp: clock.now() }),
    { ttl: 600 },
  );
  return async ({ symbol, refresh = false }) => {
    if (refresh) getStockPrice.invalidate(symbol);
    const quote = await getStockPrice(symbol);
    return { ...quote, cache: getStockPrice.statistics() };
  };
};

/** An analysis takes long, and says the same for an hour. */
export const analyzeMarketData = ({ cache, clock }) => {
  const analyze = cache.cacheable(
    (timeframe, assets) => ({
      timeframe,
      assets,
      analysis: 'The market shows bullish trends',
      confidence: 0.85,
      computed_at: clock.now(),
    }),
    { ttl: 3_600 },
  );
  return ({ timeframe, assets }) => analyze(timeframe, assets);
};
