import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findBinaries } from '../embedded/binaries.ts';
import { prepareClusterFolder } from '../embedded/cluster-folder.ts';
import { makeCluster, SUPERUSER } from '../embedded/make-cluster.ts';
import { serverUser } from '../embedded/server-user.ts';
import { waitUntilReady } from '../embedded/wait-until-ready.ts';
import { makeDataFolder } from './data-folder.test.support.ts';

/** A server that is not Capstan's own: another program started it, and it is reached over TCP. */
export interface ExternalServer {
  readonly url: string;
  readonly password: string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  remove(): Promise<void>;
}

/** Starts a server on the loopback, on a port that nobody else listens on. */
export async function startExternalServer(): Promise<ExternalServer> {
  const home = makeDataFolder();
  const user = serverUser(process.getuid?.());
  const binaries = findBinaries(process.platform, process.arch);
  const folder = prepareClusterFolder(home.path, user);
  const password = 'a-password-of-the-test';
  await makeCluster({ binaries, folder, password, user });
  // Below the range from which the system takes ports by itself.
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  let child: ReturnType<typeof spawn> | undefined;
  async function start(): Promise<void> {
    // What is tested survives the end of its process; nobody cuts the power.
    const args = [
      '-D',
      folder.data,
      '-k',
      '',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-c',
      'max_connections=200',
      '-c',
      'fsync=off',
    ];
    const started = spawn(binaries.postgres, args, { ...(user ?? {}), cwd: folder.path, stdio: 'ignore' });
    child = started;
    const ended = once(started, 'exit').then(() => undefined);
    const server = { pid: started.pid ?? 0, ended };
    const { kind } = await waitUntilReady({ url, server, timeoutMs: 30_000 });
    if (kind === 'ended') throw new Error('the external server of the test did not start');
  }
  async function stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  await start();
  return {
    url,
    password,
    start,
    stop,
    async remove() {
      // Nobody needs what it would write down at an orderly end.
      await stop('SIGQUIT');
      home.remove();
    },
  };
}
