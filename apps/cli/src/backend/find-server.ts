import { randomBytes } from 'node:crypto';
import { isServerProof, readServerFile } from '@capstan/server';
import { readFolderKeys } from './guest-folder.ts';

/** How long a server may take to say that it is there. */
const HEALTH_MS = 1500;

/**
 * The URL of the server that runs on a data folder and answers; undefined where there is none. It shows that it knows the
 * folder's key before any key is sent to it: a crashed server leaves its file, and another program may have its port by now.
 */
export async function findRunningServer(dataFolder: string): Promise<string | undefined> {
  const address = readServerFile(dataFolder);
  if (address === undefined || !isAlive(address.pid)) return undefined;
  const key = readFolderKeys(dataFolder)?.admin;
  return key !== undefined && (await provesKey(address.url, key)) ? address.url : undefined;
}

async function provesKey(url: string, key: string): Promise<boolean> {
  const nonce = randomBytes(24).toString('base64url');
  try {
    const answer = await fetch(`${url}/healthz?nonce=${nonce}`, {
      signal: AbortSignal.timeout(HEALTH_MS),
      redirect: 'error',
    });
    const body: unknown = await answer.json();
    return (
      answer.ok && typeof body === 'object' && body !== null && 'proof' in body && isServerProof(body.proof, key, nonce)
    );
  } catch {
    // Whatever is there, it is no server of ours that answers.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
