import type { Pool, QueryResultRow } from 'pg';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** SQLSTATE classes of what passes: no connection, no resources, an operator stops the server, a system error. */
const PASSING = /^(?:08|53|57|58)/;
/** What Node says of a socket. */
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether an error says that the database is away, so that the same query may succeed later. */
export function isAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined) return PASSING.test(code) || SOCKET.has(code);
  const message = 'message' in error ? String(error.message) : '';
  return (
    message.includes('Connection terminated') ||
    message.includes('not queryable') ||
    message.includes('timeout exceeded when trying to connect')
  );
}

/** One query, repeated as long as the database is away. Only for statements that may run twice. */
export async function patientQuery<Row extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return (await pool.query<Row>(text, [...values])).rows;
    } catch (error) {
      if (!isAway(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
