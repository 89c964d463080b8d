import type { Host } from '@capstan/host';
import { onTestFinished } from 'vitest';
import {
  type FakeService,
  type FakeServiceOptions,
  type ServiceAnswer,
  startFakeService,
} from './service/fake-service.ts';
import { createTestHost, type TestHostOptions } from './test-host.ts';

/** A test host that is closed when the test is over. */
export async function hostForTest(options: TestHostOptions = {}): Promise<Host> {
  const host = await createTestHost(options);
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return host;
}

/** A fake remote service that is closed when the test is over. */
export async function serviceForTest(
  answers: Readonly<Record<string, ServiceAnswer>>,
  options: FakeServiceOptions = {},
): Promise<FakeService> {
  const service = await startFakeService(answers, options);
  onTestFinished(() => service.close());
  return service;
}
