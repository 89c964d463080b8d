import { createContext, Script } from 'node:vm';

/** Macros over lists multiply, and `matches` runs on a backtracking engine: only time bounds both. */
const MAX_EVALUATION_MS = 500;

const sandbox: { work: () => void } = { work: () => {} };
const context = createContext(sandbox);
const callWork = new Script('work()');

/** Node's one way to end work that does not wait: 0.2 ms for the watch over it. */
export function withinTime<Result>(work: () => Result): Result {
  const results: Result[] = [];
  sandbox.work = () => {
    results.push(work());
  };
  callWork.runInContext(context, { timeout: MAX_EVALUATION_MS });
  const [result] = results;
  if (results.length === 0) throw new Error('the expression gave no value');
  return result as Result;
}

/** The first line of what an error of parsing, checking or evaluating says. */
export function reasonOf(error: unknown): string {
  // The error of a time-out is of the sandbox's realm, so `instanceof` does not know it.
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  if ('code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
    return `the expression took longer than ${MAX_EVALUATION_MS} ms`;
  }
  return String(error.message).split('\n', 1)[0] ?? '';
}
