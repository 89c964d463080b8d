import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { type HttpAnswer, HttpFailure } from '@capstan/http';

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/**
 * Undoes a content coding: some services compress although nobody asked for it.
 * @throws HttpFailure `too_large` for more than the limit when unpacked, `protocol` for what cannot be unpacked.
 */
export async function decodeBody(answer: HttpAnswer, maxBytes: number): Promise<HttpAnswer> {
  const coding = answer.headers['content-encoding'];
  if (coding === undefined || coding === 'identity' || answer.body.length === 0) return answer;
  const decode = typeof coding === 'string' ? DECODERS.get(coding.toLowerCase()) : undefined;
  const facts = { sent: true, status: answer.status };
  if (!decode) throw new HttpFailure('protocol', `the answer is in the coding ${String(coding)}`, facts);
  try {
    return { ...answer, body: await decode(answer.body, { maxOutputLength: maxBytes }) };
  } catch (cause) {
    const isTooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    if (isTooLarge)
      throw new HttpFailure('too_large', `the answer is longer than ${maxBytes} bytes`, { ...facts, cause });
    throw new HttpFailure('protocol', `the answer is not the ${String(coding)} that it says`, { ...facts, cause });
  }
}
