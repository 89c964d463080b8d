import { bootstrapServerKeys } from './auth/bootstrap-server-keys.ts';
import type { ServerKey } from './auth/server-auth.ts';
import type { DataFolder } from './data-folder/data-folder.ts';
import { type CapstanServer, createServer, type ServerOptions } from './server.ts';

/** What {@link startServer} takes beside the options of the server. */
export interface StartServerOptions extends Omit<ServerOptions, 'keys'> {
  /** Its bootstrap keys open the server, and its `server.json` says where it listens. */
  readonly dataFolder?: DataFolder;
  /** More keys. */
  readonly keys?: readonly ServerKey[];
  readonly now?: () => number;
}

/** A server that listens. */
export interface RunningServer extends Pick<CapstanServer, 'routes'> {
  readonly url: string;
  /** Lets no call in, ends those under way within `timeoutMs` (5,000), closes the port. The host stays open. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/** Makes a server and opens its port. @throws CapstanError CAPSTAN_CONFLICT when the port is taken. */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { dataFolder, keys = [], now = Date.now, ...rest } = options;
  const server = createServer({
    ...rest,
    ...(dataFolder ? { provenKey: dataFolder.keys.admin } : {}),
    keys: [...(dataFolder ? bootstrapServerKeys(dataFolder.keys) : []), ...keys],
  });
  const url = await server.listen();
  dataFolder?.announce({ url, pid: process.pid, started_at: new Date(now()).toISOString() });
  return {
    url,
    routes: server.routes,
    close: async (closeOptions) => {
      dataFolder?.withdraw();
      await server.close(closeOptions);
    },
  };
}
