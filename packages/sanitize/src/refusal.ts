import { CapstanError, type JsonObject } from '@capstan/sdk';

/** What was given cannot be used. The caller is told which value and what to send instead. */
export function refusal(message: string, hint: string, details: JsonObject = {}): CapstanError {
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', message, { hint, details });
}

const MAX_SHOWN = 100;

/** A value as a message may show it: on one line, not too long, nothing invisible. */
export function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
