import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// npx and pnpm pass no SIGTERM on: whoever stops them would leave a server behind that holds the port. So this process
// watches the npx, npm and pnpm above it, and ends itself as SIGTERM would when one of them is gone. A shell further up may
// go: it has put us into the background.

const CHECK_EVERY_MS = 500;
const PACKAGE_MANAGER = /^(?:.*\/)?(?:p?npm|p?npx)(?:-cli)?(?:\.[cm]?js)?$/;

/** Sends this process a SIGTERM once the package manager that runs it has ended. Does nothing where none does. */
export function stopWithStarter() {
  const watched = ancestorsUpToPackageManager();
  if (watched.length === 0) return;
  const timer = setInterval(() => {
    if (watched.every(isAlive)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, CHECK_EVERY_MS);
  timer.unref();
}

/** The chain from the parent to the topmost package manager, with the shells that they put in between. */
function ancestorsUpToPackageManager() {
  const chain = [];
  let length = 0;
  for (let pid = process.ppid; pid > 1; ) {
    const { parent, words } = describe(pid);
    chain.push(pid);
    // npm overwrites its command line with a title: "npm exec pnpm@12 start".
    if (words.slice(0, 2).some((word) => PACKAGE_MANAGER.test(word))) length = chain.length;
    pid = parent;
  }
  return chain.slice(0, length);
}

function describe(pid) {
  try {
    if (process.platform === 'linux') return describeFromProc(pid);
    const [parent = '0', ...words] = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return { parent: Number(parent), words };
  } catch {
    // It is gone, or there is no `ps` (Windows): the chain ends here, and nothing is watched beyond.
    return { parent: 0, words: [] };
  }
}

function describeFromProc(pid) {
  // The name of the program, in brackets, may hold anything, spaces and brackets too.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(parent), words: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/) };
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
