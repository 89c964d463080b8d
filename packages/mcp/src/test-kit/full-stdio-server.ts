import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { fullServer } from './full-server.ts';

/** The full server as a child process. */
await fullServer().connect(new StdioServerTransport());
