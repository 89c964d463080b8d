import type { Socket } from 'node:net';
import { CapstanError } from '@capstan/sdk';
import type { FastifyReply } from 'fastify';
import { errorReply } from '../rest/wire-outcome.ts';

/** Answers what is not HTTP enough for a request to exist: a wrong URL, headers that are too long. */
export function answerBadRequest(to: FastifyReply | Socket): void {
  const { body } = errorReply(new CapstanError('CAPSTAN_INVALID_REQUEST', 'the request cannot be read'));
  const text = JSON.stringify(body);
  if ('send' in to) {
    void to.code(400).type('application/json; charset=utf-8').send(text);
    return;
  }
  if (!to.writable) {
    to.destroy();
    return;
  }
  const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n`;
  // Half closed it would stay open for as long as the other side likes.
  to.end(head + text, () => to.destroy());
}
