import { RESOURCE_METADATA_PATH, resourceMetadata } from '@capstan/identity';
import { CapstanError } from '@capstan/sdk';
import type { FastifyInstance } from 'fastify';

/** Where clients learn which issuers sign them in (RFC 9728): of the server, and of each MCP endpoint. */
export const RESOURCE_METADATA_ROUTES: readonly string[] = ['', '/mcp', '/w/:workspace/mcp'].map(
  (path) => RESOURCE_METADATA_PATH + path,
);

const WORKSPACE = /^[a-z0-9][a-z0-9_-]{0,127}$/;

/** What {@link mountResourceMetadata} takes. */
export interface ResourceMetadataOptions {
  readonly issuers: readonly string[];
  /** Without a trailing slash. */
  readonly publicUrl: () => string;
}

/** Serves the metadata; where no issuer is trusted there is none. It says nothing of which workspaces there are. */
export function mountResourceMetadata(app: FastifyInstance, { issuers, publicUrl }: ResourceMetadataOptions): void {
  for (const url of RESOURCE_METADATA_ROUTES) {
    app.get(url, (request, reply) => {
      const { workspace } = request.params as { readonly workspace?: string };
      if (issuers.length === 0 || (workspace !== undefined && !WORKSPACE.test(workspace))) {
        throw new CapstanError('CAPSTAN_NOT_FOUND', 'nobody signs in with tokens here');
      }
      const path = url.slice(RESOURCE_METADATA_PATH.length).replace(':workspace', workspace ?? '');
      return reply.header('cache-control', 'max-age=300').send(resourceMetadata(`${publicUrl()}${path}`, issuers));
    });
  }
}
