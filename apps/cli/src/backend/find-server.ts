import { readServerFile } from '@capstan/server';

/** How long a server may take to say that it is there. */
const HEALTH_MS = 1500;

/** The URL of the server that runs on a data folder and answers; undefined where there is none. */
export async function findRunningServer(dataFolder: string): Promise<string | undefined> {
  const address = readServerFile(dataFolder);
  if (address === undefined || !isAlive(address.pid)) return undefined;
  return (await isHealthy(address.url)) ? address.url : undefined;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(HEALTH_MS), redirect: 'error' });
    const body: unknown = await answer.json();
    return answer.ok && typeof body === 'object' && body !== null && 'status' in body && body.status === 'ok';
  } catch {
    // Whatever is there, it is no server of ours that answers.
    return false;
  }
}

/** A crashed server leaves its file; another program may have its port by now, and must not be sent a key. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
