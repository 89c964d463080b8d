import type { JsonObject, JsonValue, PackHttpEvent, ToolContext } from '@capstan/sdk';
import { isObject } from './api-error.ts';
import { type Completion, noCompletion, textOrNull } from './completion.ts';

const PROGRESS_EVERY_MS = 250;
const SHOWN_CHARACTERS = 200;

/** A function that the model is about to ask for, as its pieces come. */
interface PendingCall {
  id: string;
  name: string;
  arguments: string;
}

/**
 * Puts a completion together from the chunks of a stream, and tells of its progress.
 *
 * 1. A stream that ends without a finish reason was cut short: no completion.
 * 2. Progress goes out a few times a second, however fast the chunks come; its number is that of the characters so far.
 */
export class StreamedCompletion {
  readonly #context: ToolContext;
  readonly #now: () => number;
  readonly #calls = new Map<number, PendingCall>();
  #text = '';
  #hasText = false;
  #finishReason: string | null = null;
  #usage: JsonObject | null = null;
  #model = '';
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(context: ToolContext, now: () => number) {
    this.#context = context;
    this.#now = now;
  }

  hear({ data }: PackHttpEvent): void {
    if (data === '[DONE]') return;
    const chunk = parsed(data);
    if (!isObject(chunk)) throw noCompletion();
    if (typeof chunk.model === 'string') this.#model = chunk.model;
    if (isObject(chunk.usage)) this.#usage = chunk.usage;
    const choice = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    if (!isObject(choice)) return;
    this.#finishReason = textOrNull(choice.finish_reason) ?? this.#finishReason;
    if (isObject(choice.delta)) this.#add(choice.delta);
  }

  /** @throws CapstanError CAPSTAN_REMOTE_INVALID_RESPONSE where the stream was cut short. */
  completion(): Completion {
    if (this.#finishReason === null) throw noCompletion(); // 1
    return {
      completion: this.#hasText ? this.#text : null,
      toolCalls: [...this.#calls.values()].map(({ id, name, arguments: written }) => ({
        id,
        type: 'function',
        function: { name, arguments: written },
      })),
      finishReason: this.#finishReason,
      usage: this.#usage,
      model: this.#model,
    };
  }

  #add({ content, tool_calls: calls }: JsonObject): void {
    if (typeof content === 'string') {
      this.#hasText = true;
      this.#text += content;
      this.#tell();
    }
    for (const call of Array.isArray(calls) ? calls : []) if (isObject(call)) this.#addCall(call);
  }

  #addCall(piece: JsonObject): void {
    const index = typeof piece.index === 'number' ? piece.index : 0;
    const call = this.#calls.get(index) ?? { id: '', name: '', arguments: '' };
    if (typeof piece.id === 'string') call.id = piece.id;
    const { name, arguments: written } = isObject(piece.function) ? piece.function : {};
    if (typeof name === 'string') call.name += name;
    if (typeof written === 'string') call.arguments += written;
    this.#calls.set(index, call);
  }

  #tell(): void {
    const now = this.#now();
    if (now - this.#toldAt < PROGRESS_EVERY_MS) return; // 2
    this.#toldAt = now;
    this.#context.progress({ progress: this.#text.length, message: this.#text.slice(-SHOWN_CHARACTERS) });
  }
}

function parsed(data: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(data);
    return value;
  } catch {
    // The caller says that this is no completion.
    return undefined;
  }
}
