export type { HostRemoteToolAdapter, RemoteToolAdapterOptions } from './adapter-options.ts';
export { REMOTE_DEFAULTS, type RemoteDefaults } from './call-policy.ts';
export type { TracedRemoteCall } from './contract-request.ts';
export { createRemoteToolAdapter } from './remote-tool-adapter.ts';
