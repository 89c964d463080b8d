import { CapstanError } from '@capstan/sdk';

/**
 * Reads a JSON body. An empty one is none.
 * @throws CapstanError CAPSTAN_INVALID_REQUEST with the place of the mistake.
 */
export function parseJsonBody(text: string): unknown {
  if (text.trim() === '') return undefined;
  const value = parse(text);
  // Such a key would become the prototype of whoever copies the object member by member.
  if (/__proto__|\\u00/.test(text) && hasPrototypeKey(value)) {
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', 'the body has a key named "__proto__"');
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    throw malformed(text, message);
  }
}

function malformed(text: string, reason: string): CapstanError {
  const position = Number(/at position (\d+)/.exec(reason)?.[1] ?? text.length);
  const before = text.slice(0, position).split('\n');
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new CapstanError('CAPSTAN_INVALID_REQUEST', `the body is not JSON: line ${line}, column ${column}`, {
    hint: 'Correct the body at this place; send it as UTF-8.',
    details: { position, line, column },
  });
}

function hasPrototypeKey(value: unknown): boolean {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const current = waiting.pop();
    if (typeof current !== 'object' || current === null) continue;
    if (Object.hasOwn(current, '__proto__')) return true;
    // Not spread into arguments: of those there may be a hundred thousand at most.
    for (const member of Object.values(current)) waiting.push(member);
  }
  return false;
}
