import { join } from 'node:path';

/** What each limit is called, its aim, and the unit. */
const AIMS = {
  list_500_ms: ['tools/list of 500 tools, all pages, ms', 2],
  session_kb: ['1,000 abandoned sessions, KB each', 15],
  sessions_left: ['of them left after their time', 0],
  port_ms: ['port open with a hung MCP server, ms', 500],
  ready_5000_ms: ['5,000 tools of an MCP server ready, ms', 2000],
  search_5000_ms: ['search among 5,000 tools, p50 ms', 5],
};

/** Sizes and times of one Capstan, in a process of its own: each with its aim, and whether it is met. */
export async function measureLimits(processes) {
  const { hello } = await processes.module(join(import.meta.dirname, 'limits-process.mjs'), [], ['--expose-gc']);
  return Object.entries(AIMS).map(([key, [name, aim]]) => {
    const value = hello[key];
    return { key, name, value, aim, met: value <= aim };
  });
}
