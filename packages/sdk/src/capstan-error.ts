import { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from './error-codes.ts';
import type { JsonObject } from './json.ts';

const MARKER: unique symbol = Symbol.for('capstan.error');

/** What a {@link CapstanError} is made of. */
export interface CapstanErrorOptions {
  /** The next action. Default: the code's own hint. */
  readonly hint?: string;
  /** What caused it. For operators: never sent to an agent. */
  readonly cause?: unknown;
  /** Whether the same call may succeed later. Default: the code's own answer. */
  readonly retriable?: boolean;
  /** Facts for machines, sent to the caller; snake_case keys, never a secret. */
  readonly details?: JsonObject;
}

/** An error as the caller sees it on any surface. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retriable: boolean;
  readonly details: JsonObject;
  readonly execution_id?: string;
}

/**
 * An error with a code, a fact, and a next action.
 *
 * Recognise one with {@link isCapstanError}, never with `instanceof`: a pack may carry its own copy of this package.
 */
export class CapstanError extends Error {
  override readonly name = 'CapstanError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retriable: boolean;
  readonly details: JsonObject;

  /** @param message The fact, with the offending value. It reaches the caller, so it holds no secret. */
  constructor(code: ErrorCode, message: string, options: CapstanErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Object.defineProperty(this, MARKER, { value: true });
    const entry: ErrorCodeEntry = ERROR_CODES[code];
    this.code = code;
    this.hint = options.hint ?? entry.hint;
    this.retriable = options.retriable ?? entry.retriable;
    this.details = options.details ?? {};
  }

  /** What {@link toWireError} gives: an error's own message would be missing from JSON. */
  toJSON(): WireError {
    return toWireError(this);
  }
}

/** Whether a value is a {@link CapstanError} of any copy of this package, with a code that this copy knows. */
export function isCapstanError(value: unknown): value is CapstanError {
  return typeof value === 'object' && value !== null && MARKER in value && 'code' in value && isErrorCode(value.code);
}

/** Whether a value is one of the registered error codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

/** The error as it is sent to a caller: without stack and without cause. */
export function toWireError(error: CapstanError, executionId?: string): WireError {
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    retriable: error.retriable,
    details: error.details,
    ...(executionId === undefined ? {} : { execution_id: executionId }),
  };
}
