/** One event of a `text/event-stream` (WHATWG HTML, 9.2). */
export interface ServerEvent {
  /** `message` where the event has no name. */
  readonly name: string;
  readonly data: string;
}

/** Reads events out of chunks. A line or an event may be split anywhere, a character too. */
export class EventStreamReader {
  readonly #decoder = new TextDecoder('utf-8');
  #rest = '';
  #name = '';
  #data: string[] = [];
  #sawCarriageReturn = false;

  /** The events that this chunk completes. */
  read(chunk: Uint8Array): readonly ServerEvent[] {
    const events: ServerEvent[] = [];
    for (const line of this.#lines(this.#decoder.decode(chunk, { stream: true }))) {
      if (line !== '') this.#field(line);
      else if (this.#data.length > 0) events.push(this.#dispatch());
      else this.#name = '';
    }
    return events;
  }

  /** Whole lines; they end with LF, CR or CR LF, and a CR at the end of a chunk may be followed by its LF in the next. */
  #lines(text: string): readonly string[] {
    const begin = this.#sawCarriageReturn && text.startsWith('\n') ? 1 : 0;
    if (text !== '') this.#sawCarriageReturn = text.endsWith('\r');
    const lines = (this.#rest + text.slice(begin)).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
  }

  #dispatch(): ServerEvent {
    const event = { name: this.#name === '' ? 'message' : this.#name, data: this.#data.join('\n') };
    this.#name = '';
    this.#data = [];
    return event;
  }
}
