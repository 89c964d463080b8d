import { type MetricRegistry, PROMETHEUS_CONTENT_TYPE, prometheusText } from '@capstan/telemetry';
import type { FastifyInstance } from 'fastify';
import { requireAccess, requireWholeHost } from '../auth/access.ts';
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
      requireWholeHost(caller);
    },
    handler: (_request, reply) => reply.type(PROMETHEUS_CONTENT_TYPE).send(prometheusText(registry.snapshot())),
  });
}
