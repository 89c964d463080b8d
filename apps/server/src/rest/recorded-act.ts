import type { Host } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import type { RouteRequest } from './route.ts';

/** Does an administrative act and records it, also when it is refused. */
export async function recorded<Result>(
  host: Host,
  { caller }: Pick<RouteRequest, 'caller'>,
  act: { readonly act: string; readonly target: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const record = { ...act, principal: caller.principal, surface: 'rest' } as const;
  try {
    const result = await work();
    await host.audit(record);
    return result;
  } catch (error) {
    const code = error instanceof CapstanError ? error.code : 'CAPSTAN_INTERNAL';
    await host.audit({ ...record, status: 'failed', code });
    throw error;
  }
}
