/** A word or sign of a Python expression. */
export interface PythonToken {
  readonly kind: 'name' | 'number' | 'string' | 'symbol';
  /** Of a string: what it says, without its quotes. */
  readonly text: string;
}

const MAX_LENGTH = 4_000;
const PATTERN =
  /\s*(?:([A-Za-z_]\w*)|(\d+(?:\.\d+)?)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(==|!=|<=|>=|[<>()[\].]))/y;

/** @throws Error at the first sign that is not of the part of Python that is translated. */
export function tokensOf(source: string): readonly PythonToken[] {
  if (source.length > MAX_LENGTH) throw new Error(`it has more than ${MAX_LENGTH} characters`);
  const text = source.trim();
  const pattern = new RegExp(PATTERN);
  const tokens: PythonToken[] = [];
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new Error(`'${text.slice(at).trim().slice(0, 20)}' is not translated`);
    tokens.push(tokenOf(match));
  }
  return tokens;
}

function tokenOf([, name, number, double, single, symbol]: RegExpExecArray): PythonToken {
  if (name !== undefined) return { kind: 'name', text: name };
  if (number !== undefined) return { kind: 'number', text: number };
  const quoted = double ?? single;
  if (quoted !== undefined) return { kind: 'string', text: quoted.replace(/\\(.)/g, '$1') };
  return { kind: 'symbol', text: symbol ?? '' };
}
