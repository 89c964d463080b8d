import { CapstanError } from '@capstan/sdk';
import { type MetricRegistry, PROMETHEUS_CONTENT_TYPE, prometheusText } from '@capstan/telemetry';
import type { FastifyInstance } from 'fastify';
import { requireAccess } from '../auth/access.ts';
import type { Authorize } from '../rest/mount-routes.ts';

/** What {@link mountMetrics} takes. */
export interface MetricsRouteOptions {
  readonly registry: MetricRegistry;
  readonly authorize: Authorize;
}

/** Serves `/metrics` for Prometheus. It shows all workspaces, so it takes an operator of all of them. */
export function mountMetrics(app: FastifyInstance, { registry, authorize }: MetricsRouteOptions): void {
  app.get('/metrics', {
    onRequest: async (request) => {
      const { caller } = await authorize(request, undefined);
      requireAccess(caller, 'operator');
      if (caller.workspaces === 'all') return;
      throw new CapstanError('CAPSTAN_FORBIDDEN', 'metrics show all workspaces, and this key has one', {
        hint: 'Use the key of an operator without a workspace, or of an admin.',
      });
    },
    handler: (_request, reply) => reply.type(PROMETHEUS_CONTENT_TYPE).send(prometheusText(registry.snapshot())),
  });
}
