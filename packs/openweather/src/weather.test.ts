import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { InvocationOutcome, JsonObject } from '@capstan/sdk';
import { createTestHost, testPack } from '@capstan/testing';
import { expect, onTestFinished, test } from 'vitest';

const PACK = fileURLToPath(new URL('..', import.meta.url));
const KEY = 'the-key-of-the-test';

/** The shapes of the API: what its documentation shows, with numbers of our own. */
const CURRENT = {
  coord: { lon: 10.75, lat: 59.91 },
  weather: [{ id: 500, main: 'Rain', description: 'light rain', icon: '10d' }],
  main: { temp: 7.5, feels_like: 5, temp_min: 7, temp_max: 8, pressure: 1012, humidity: 81 },
  wind: { speed: 3.6, deg: 200 },
  sys: { country: 'NO', sunrise: 1, sunset: 2 },
  name: 'Oslo',
  cod: 200,
};
const STEP = {
  dt: 1,
  main: CURRENT.main,
  weather: CURRENT.weather,
  wind: CURRENT.wind,
  pop: 0.4,
  dt_txt: '2026-01-01 12:00:00',
};
const FORECAST = { cod: '200', list: [STEP, { ...STEP, pop: undefined }], city: { name: 'Oslo', country: 'NO' } };

interface Weather {
  readonly baseUrl: string;
  readonly targets: string[];
  readonly call: (tool: string, args: JsonObject) => Promise<InvocationOutcome>;
}

async function weather(config: JsonObject = { api_key: KEY }): Promise<Weather> {
  const targets: string[] = [];
  const server = createServer((request, response) => {
    targets.push(request.url ?? '');
    const url = new URL(request.url ?? '', 'http://service');
    const send = (status: number, body: object): unknown =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.searchParams.get('appid') !== KEY) return send(401, { cod: 401, message: 'Invalid API key.' });
    if (url.searchParams.get('q') === 'Nowhere') return send(404, { cod: '404', message: 'city not found' });
    return send(200, url.pathname.endsWith('/forecast') ? FORECAST : CURRENT);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/data/2.5`;
  const host = await createTestHost({
    packs: { openweather: PACK },
    config: { openweather: { base_url: baseUrl, ...config } },
  });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return { baseUrl, targets, call: (tool, args) => host.invoke({ tool, arguments: args }) };
}

test('the current weather of a city, in the fields that agents know', async () => {
  const { call, targets } = await weather();
  expect(await call('weather_api', { city: 'Oslo', country_code: 'NO' })).toMatchObject({
    status: 'succeeded',
    result: {
      value: {
        city: 'Oslo',
        country: 'NO',
        temperature: 7.5,
        feels_like: 5,
        humidity: 81,
        pressure: 1012,
        description: 'light rain',
        wind_speed: 3.6,
      },
    },
  });
  expect(targets).toEqual([`/data/2.5/weather?q=Oslo,NO&units=metric&appid=${KEY}`]);
});

test.each([
  [{ city: 'São Paulo' }, 'q=S%C3%A3o%20Paulo&units=metric'],
  [{ city: 'Oslo', units: 'kelvin' }, 'q=Oslo&units=standard'],
  [{ city: 'Oslo', units: 'imperial' }, 'q=Oslo&units=imperial'],
  [{ city: 'a,b&c' }, 'q=a%2Cb%26c&units=metric'],
])('%j asks for %s', async (args, query) => {
  const { call, targets } = await weather();
  await call('weather_api', args);
  expect(targets).toEqual([`/data/2.5/weather?${query}&appid=${KEY}`]);
});

test('the forecast, step by step', async () => {
  const { call, targets } = await weather();
  expect(await call('weather_forecast', { city: 'Oslo', steps: 2 })).toMatchObject({
    result: {
      value: {
        city: 'Oslo',
        steps: [
          { at: '2026-01-01 12:00:00', temperature: 7.5, description: 'light rain', chance_of_rain: 0.4 },
          { chance_of_rain: 0 },
        ],
      },
    },
  });
  expect(targets[0]).toContain('cnt=2');
});

test('what is wrong is said so that an agent or an operator can mend it', async () => {
  const { call } = await weather();
  expect(await call('weather_api', { city: 'Nowhere' })).toMatchObject({
    status: 'failed',
    error: {
      code: 'CAPSTAN_REMOTE_REFUSED',
      message: expect.stringContaining('city not found'),
      hint: expect.stringContaining('spelling'),
    },
  });
  const wrong = await weather({ api_key: 'another-key-altogether' });
  const outcome = await wrong.call('weather_api', { city: 'Oslo' });
  expect(outcome).toMatchObject({ error: { code: 'CAPSTAN_REMOTE_AUTH', hint: expect.stringContaining('api_key') } });
  expect(JSON.stringify(outcome)).not.toContain('another-key-altogether');
  const none = await weather({});
  expect(await none.call('weather_api', { city: 'Oslo' })).toMatchObject({ error: { code: 'CAPSTAN_NEEDS_CONFIG' } });
});

test('every example of the manifest works', async () => {
  const { baseUrl } = await weather();
  const { results } = await testPack(PACK, { config: { base_url: baseUrl, api_key: KEY } });
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
});
