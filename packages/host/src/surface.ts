/** Where a call came in. */
export type Surface = 'mcp' | 'rest' | 'cli' | 'in_process' | 'tool' | 'workflow';
