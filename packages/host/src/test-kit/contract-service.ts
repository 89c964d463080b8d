import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as the service saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the service answers. `undefined`: never. */
export type Answer = { readonly status: number; readonly body: unknown } | undefined;

/** A loopback service that speaks the remote contract, closed after the test. */
export interface ContractService {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Changes what comes next. */
  answer(answer: (request: SeenRequest) => Answer): void;
  /** The same, for what takes its time. */
  answerLater(answer: (request: SeenRequest) => Promise<Answer>): void;
  stop(): Promise<void>;
  /** Listens again, at the same port. */
  restart(): Promise<void>;
}

/** Starts the service; it echoes the parameters until told otherwise. */
export async function contractService(): Promise<ContractService> {
  const requests: SeenRequest[] = [];
  let answerTo = (request: SeenRequest): Answer | Promise<Answer> => ({
    status: 200,
    body: { success: true, result: { echo: request.body } },
  });
  const listen = async (port: number): Promise<Server> => {
    const server = createServer(async (incoming, outgoing) => {
      const request = await readRequest(incoming);
      requests.push(request);
      const answer = await answerTo(request);
      if (!answer) return;
      outgoing.writeHead(answer.status, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer(next) {
      answerTo = next;
    },
    answerLater(next) {
      answerTo = next;
    },
    stop,
    async restart() {
      server = await listen(port);
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return { path: incoming.url ?? '', headers: incoming.headers, body: bodyOf(text) };
}

/** A form, as a token endpoint gets one, or JSON. */
function bodyOf(text: string): Readonly<Record<string, unknown>> {
  if (text.startsWith('{')) return JSON.parse(text);
  return Object.fromEntries(new URLSearchParams(text));
}
