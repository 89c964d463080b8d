/** How much harm a tool can do. A tool that says nothing counts as one that writes. */
export const DANGER_LEVELS = ['low', 'medium', 'high', 'critical'] as const;
export type DangerLevel = (typeof DANGER_LEVELS)[number];

/** The kinds of pack. */
export const PACK_TYPES = ['system', 'feature', 'connector', 'extension', 'agent'] as const;
export type PackType = (typeof PACK_TYPES)[number];

/** The known categories of tools; others are kept as written. */
export const CATEGORIES = [
  'content',
  'data',
  'commerce',
  'automation',
  'communication',
  'analysis',
  'social_media',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** The permissions that a tool may need; a pack may add its own in the form `x.y`. */
export const PERMISSIONS = [
  'read_files',
  'write_files',
  'network_access',
  'system_commands',
  'user_data_access',
  'financial_operations',
  'email_send',
  'database_read',
  'database_write',
] as const;
export type KnownPermission = (typeof PERMISSIONS)[number];

/** The kinds of connection. */
export const CONNECTION_TYPES = ['remote', 'http', 'mcp', 'local'] as const;
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** The ways in which a connection proves who it is at the remote service. */
export const AUTH_TYPES = [
  'none',
  'api_key',
  'bearer',
  'basic',
  'oauth2_client_credentials',
  'oauth2_authorization_code',
] as const;
export type AuthType = (typeof AUTH_TYPES)[number];

/** The states of a connection. */
export const CONNECTION_STATUSES = [
  'unavailable',
  'registered_but_not_connected',
  'connected',
  'needs_reauth',
] as const;
export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number];

/** How a tool does its work. */
export const BACKEND_KINDS = ['code', 'remote', 'http', 'mcp', 'workflow'] as const;
export type BackendKind = (typeof BACKEND_KINDS)[number];

/** The states of an invocation's outcome. */
export const OUTCOME_STATUSES = ['succeeded', 'failed', 'denied', 'pending'] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];
