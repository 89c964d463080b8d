import { StringDecoder } from 'node:string_decoder';

/** One event of a stream (WHATWG HTML, server-sent events). */
export interface SseEvent {
  /** `message` where the stream names none. */
  readonly type: string;
  readonly data: string;
}

const MAX_EVENT_CHARS = 16 * 1024 * 1024;
const LINE_END = /[\r\n]/;

/** Reads server-sent events out of the chunks of a stream, however they are cut. */
export class SseReader {
  /** The last id that the stream gave: where it can be taken up again. */
  lastEventId: string | undefined;
  /** How long the server asks to wait before that, in ms. */
  retryMs: number | undefined;
  readonly #onEvent: (event: SseEvent) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #data: string[] = [];
  #size = 0;
  #type = '';

  constructor(onEvent: (event: SseEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** @throws RangeError for an event that is larger than anybody sends. */
  push(chunk: Buffer): void {
    const fresh = this.#decoder.write(chunk);
    this.#size += fresh.length;
    if (this.#size > MAX_EVENT_CHARS) throw new RangeError('an event of the stream is too large');
    // A line that is still going on is not searched again.
    if (!LINE_END.test(fresh) && !this.#rest.endsWith('\r')) {
      this.#rest += fresh;
      return;
    }
    this.#lines(this.#rest + fresh);
  }

  #lines(text: string): void {
    let start = 0;
    for (let end = lineEnd(text, start); end !== -1; end = lineEnd(text, start)) {
      // A CR at the very end may be the first half of CRLF.
      if (text[end] === '\r' && end === text.length - 1) break;
      this.#line(text.slice(start, end));
      start = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
    }
    this.#rest = text.slice(start);
  }

  #line(line: string): void {
    if (line === '') this.#dispatch();
    const colon = line.indexOf(':');
    if (line === '' || colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const skip = line[colon + 1] === ' ' ? 2 : 1;
    this.#field(field, colon === -1 ? '' : line.slice(colon + skip));
  }

  #field(field: string, value: string): void {
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) this.lastEventId = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(): void {
    const event = { type: this.#type === '' ? 'message' : this.#type, data: this.#data.join('\n') };
    this.#type = '';
    this.#data = [];
    this.#size = 0;
    if (event.data !== '') this.#onEvent(event);
  }
}

function lineEnd(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  const until = newline === -1 ? text.length : newline;
  const carriage = text.lastIndexOf('\r', until) >= start ? text.indexOf('\r', start) : -1;
  return carriage === -1 || carriage > until ? newline : carriage;
}
