import { startExampleService } from '@capstan/example-remote-service';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  behindPrefix,
  no,
  type OddAnswer,
  type OddRequest,
  oddService,
  ok,
  paramsOf,
} from './odd-service.test.support.ts';
import type { ConformanceReport } from './report.ts';
import { exitCodeOfReport } from './report.ts';
import { verifyContract } from './verify-contract.ts';

const TOKEN = 'the-right-token';

/** What a provider writes who has read nothing but the outline of the contract. */
function outline({ method, path, authorization, body }: OddRequest): OddAnswer {
  // What is no tool is left to the framework.
  if (!path.startsWith('/v1/tools/'))
    return { status: 404, body: 'Not Found', headers: { 'content-type': 'text/plain' } };
  if (authorization !== `Bearer ${TOKEN}`) return no(401);
  if (method !== 'POST' || path !== '/v1/tools/echo.say') return no(404);
  if (body.length > 100_000) return no(413);
  const params = paramsOf(body);
  if (params === undefined) return no(400);
  return typeof params.text === 'string' ? ok({ said: params.text }) : no(422);
}

function verdictOf({ results }: ConformanceReport, id: string): unknown {
  return results.find((result) => result.id === id)?.verdict;
}

function failuresOf({ results }: ConformanceReport): readonly string[] {
  return results.filter(({ verdict }) => verdict.status === 'failed').map(({ id }) => id);
}

describe('a run of the kit', () => {
  it('finds that a service conforms that knows nothing but the outline', async () => {
    const url = await oddService(outline);
    const report = await verifyContract({ url, token: TOKEN, tool: 'echo.say', sample: { text: 'hi', context: {} } });
    expect(failuresOf(report)).toEqual(['CONTRACT-AUTH-4', 'CONTRACT-AUTH-5', 'CONTRACT-ERROR-8']);
    expect(report).toMatchObject({ conclusion: 'conforms', tool: 'echo.say', url });
    expect(exitCodeOfReport(report)).toBe(0);
    expect(verdictOf(report, 'CONTRACT-DISCOVERY-1')).toMatchObject({
      kind: 'not_offered',
      reason: 'GET /v1/tools is a 404',
    });
    expect(verdictOf(report, 'CONTRACT-IDEMPOTENCY-1')).toMatchObject({ status: 'skipped', kind: 'not_offered' });
    expect(verdictOf(report, 'CONTRACT-JOB-4')).toMatchObject({ status: 'skipped', kind: 'not_offered' });
    expect(report.counts.passed + report.counts.failed + report.counts.skipped).toBe(report.results.length);
  });

  it('says first what is wrong, and leaves out what rests on it', async () => {
    const url = await oddService(outline);
    const report = await verifyContract({ url, token: 'another-token', tool: 'echo.say', sample: { text: 'hi' } });
    expect(failuresOf(report)).toEqual(['CONTRACT-AUTH-1', 'CONTRACT-AUTH-5']);
    expect(verdictOf(report, 'CONTRACT-CALL-1')).toEqual({
      status: 'skipped',
      kind: 'not_checked',
      reason: 'CONTRACT-AUTH-1 does not hold',
    });
    expect(exitCodeOfReport(report)).toBe(6);
  });

  it('fails with one line where nothing listens', async () => {
    const service = await startExampleService();
    await service.kill();
    const report = await verifyContract({ url: service.url, token: 'x' });
    expect(failuresOf(report)).toEqual(['CONTRACT-REACH-1']);
    expect(verdictOf(report, 'CONTRACT-REACH-1')).toMatchObject({ reason: expect.stringContaining('got no answer') });
    expect(report.conclusion).toBe('violates');
  });

  it('is incomplete where no call is known that should succeed', async () => {
    const url = await oddService(outline);
    const report = await verifyContract({ url, token: TOKEN });
    expect(failuresOf(report)).toEqual(['CONTRACT-AUTH-4', 'CONTRACT-AUTH-5', 'CONTRACT-ERROR-8']);
    expect(verdictOf(report, 'CONTRACT-CALL-1')).toMatchObject({
      reason: expect.stringContaining('name a tool and a sample'),
    });
    expect([report.conclusion, exitCodeOfReport(report)]).toEqual(['incomplete', 5]);
  });

  it('needs no sample where the service has examples', async () => {
    const service = await startExampleService({ stepMs: 2 });
    onTestFinished(() => service.kill());
    const seen: string[] = [];
    const report = await verifyContract({
      url: service.url,
      token: service.token,
      onResult: ({ id }) => seen.push(id),
    });
    expect(report).toMatchObject({
      conclusion: 'conforms',
      tool: 'line.send_message',
      counts: { failed: 0, skipped: 0 },
    });
    expect(seen.toSorted()).toEqual(report.results.map(({ id }) => id).toSorted());
  });

  it('makes no more than sixty calls of the tool, as the documents say', async () => {
    const service = await startExampleService({ stepMs: 2 });
    onTestFinished(() => service.kill());
    await verifyContract({ url: service.url, token: service.token });
    expect(service.state().requests['line.send_message']).toBeLessThanOrEqual(60);
  });

  it('waits for the end of a job where the tool that is called makes one', async () => {
    const service = await startExampleService({ stepMs: 2 });
    onTestFinished(() => service.kill());
    const report = await verifyContract({ url: service.url, token: service.token, tool: 'line.broadcast' });
    expect(failuresOf(report)).toEqual([]);
    expect(report).toMatchObject({ conclusion: 'conforms', tool: 'line.broadcast' });
  });

  it('takes a service without tokens as it is', async () => {
    const url = await oddService((request) => outline({ ...request, authorization: `Bearer ${TOKEN}` }));
    const report = await verifyContract({ url, tool: 'echo.say', sample: { text: 'hi' } });
    expect(verdictOf(report, 'CONTRACT-AUTH-2')).toMatchObject({ kind: 'not_offered' });
    expect([failuresOf(report), report.conclusion]).toEqual([['CONTRACT-ERROR-8'], 'conforms']);
  });

  it('finds a service behind a path, with its batches and jobs', async () => {
    const service = await startExampleService({ stepMs: 2 });
    onTestFinished(() => service.kill());
    const url = await behindPrefix('/some/prefix', service.url);
    const report = await verifyContract({ url: `${url}/`, token: service.token });
    // A proxy of a few lines cuts large bodies that the service has refused; that is its own affair.
    expect(failuresOf(report).filter((id) => id !== 'CONTRACT-BODY-6')).toEqual([]);
    expect(verdictOf(report, 'CONTRACT-JOB-3')).toEqual({ status: 'passed' });
    expect(verdictOf(report, 'CONTRACT-BATCH-3')).toEqual({ status: 'passed' });
  });

  it('waits no longer than it is told', async () => {
    const url = await oddService(() => 'hang');
    const report = await verifyContract({ url, timeoutMs: 50 });
    expect(failuresOf(report)).toEqual(['CONTRACT-REACH-1']);
    expect(verdictOf(report, 'CONTRACT-REACH-1')).toMatchObject({ reason: expect.stringContaining('50 ms') });
  });

  it('does not repeat the token that a service repeats', async () => {
    const url = await oddService((request) =>
      outline(request) === undefined ? 'hang' : no(500, `your token ${TOKEN}`),
    );
    const report = await verifyContract({ url, token: TOKEN, tool: 'echo.say', sample: { text: 'hi' } });
    expect(failuresOf(report)).toContain('CONTRACT-ERROR-6');
    expect(JSON.stringify(report)).not.toContain(TOKEN);
  });

  it('finds the ways in which a service can fail to be HTTP for programs', async () => {
    const page = { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } };
    const url = await oddService(({ path }) => (path.startsWith('/v1/tools/echo') ? page : { ...page, status: 404 }));
    const report = await verifyContract({ url, tool: 'echo.say', sample: { text: 'hi' } });
    expect(failuresOf(report)).toContain('CONTRACT-CALL-1');
    expect(failuresOf(report)).toContain('CONTRACT-ERROR-1');
    expect(verdictOf(report, 'CONTRACT-ERROR-2')).toMatchObject({ reason: 'no error has come with an envelope' });
  });

  it('stops when it is told to, and refuses a URL that is none and a sample of nothing', async () => {
    const url = await oddService(() => 'hang');
    const controller = new AbortController();
    const run = verifyContract({ url, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow();
    await expect(verifyContract({ url, sample: {} })).rejects.toMatchObject({ code: 'CAPSTAN_INVALID_REQUEST' });
    await expect(verifyContract({ url: 'nowhere' })).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
  });
});
