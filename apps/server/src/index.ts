export type { ServerKey } from './auth/key-ring.ts';
export type { BootstrapKeys } from './data-folder/bootstrap-keys.ts';
export { type DataFolder, type DataFolderOptions, openDataFolder } from './data-folder/data-folder.ts';
export { readServerFile, type ServerAddress } from './data-folder/server-file.ts';
export { createLog, type Log, type LogOptions } from './log.ts';
export { createHostGateway } from './mcp/host-gateway.ts';
export type { WireOutcome } from './rest/wire-outcome.ts';
export { type CapstanServer, createServer, type ServerOptions } from './server.ts';
export { bootstrapServerKeys, type RunningServer, type StartServerOptions, startServer } from './start-server.ts';
