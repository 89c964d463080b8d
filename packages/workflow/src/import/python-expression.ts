import { type PythonToken, tokensOf } from './python-tokens.ts';

/** What the names of a Python or Jinja expression mean. */
export interface PythonNames {
  /** The CEL path of a dotted name; undefined where there is no such name. The first is the variable. */
  resolve(path: readonly string[]): readonly string[] | undefined;
}

/** A translation, or why there is none. */
export type PythonTranslation =
  | {
      readonly ok: true;
      /** Gives a value: `a or b` is `a` where there is anything in it. */
      readonly value: string;
      /** Gives true or false. */
      readonly condition: string;
    }
  | { readonly ok: false; readonly message: string };

/**
 * Translates what Python and Jinja expressions share with CEL: names, members, literals, comparison, `is None`, `in`, `and`,
 * `or`, `not`, `a if b else c`. Calls, arithmetic, lambdas and everything else is refused: it is not evaluated in any way.
 */
export function translatePython(source: string, names: PythonNames): PythonTranslation {
  try {
    const parser = new PythonParser(tokensOf(source), names);
    const { value, condition } = parser.all();
    return { ok: true, value, condition };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/** One part in both readings. */
interface Part {
  readonly value: string;
  readonly condition: string;
}

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

class PythonParser {
  readonly #tokens: readonly PythonToken[];
  readonly #names: PythonNames;
  #at = 0;

  constructor(tokens: readonly PythonToken[], names: PythonNames) {
    this.#tokens = tokens;
    this.#names = names;
  }

  all(): Part {
    const part = this.#conditional();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new Error(`'${rest.text}' is more than it may have`);
    return part;
  }

  #conditional(): Part {
    const then = this.#or();
    if (!this.#takes('if')) return then;
    const when = this.#or();
    this.#expect('else');
    const other = this.#conditional();
    return {
      value: `(${when.condition} ? dyn(${then.value}) : dyn(${other.value}))`,
      condition: `(${when.condition} ? ${then.condition} : ${other.condition})`,
    };
  }

  #or(): Part {
    let part = this.#and();
    while (this.#takes('or')) {
      const right = this.#and();
      part = {
        value: `(${part.condition} ? dyn(${part.value}) : dyn(${right.value}))`,
        condition: `(${part.condition} || ${right.condition})`,
      };
    }
    return part;
  }

  #and(): Part {
    let part = this.#not();
    while (this.#takes('and')) {
      const right = this.#not();
      part = {
        value: `(${part.condition} ? dyn(${right.value}) : dyn(${part.value}))`,
        condition: `(${part.condition} && ${right.condition})`,
      };
    }
    return part;
  }

  #not(): Part {
    if (!this.#takes('not')) return this.#comparison();
    const { condition } = this.#not();
    return plainCondition(`!${condition}`);
  }

  #comparison(): Part {
    const left = this.#operand();
    if (this.#takes('is')) {
      const isNegated = this.#takes('not');
      this.#expect('None');
      return plainCondition(`(${left.value} ${isNegated ? '!=' : '=='} null)`);
    }
    if (this.#takes('in')) return plainCondition(`(${left.value} in ${this.#operand().value})`);
    if (this.#peek('not') && this.#tokens[this.#at + 1]?.text === 'in') {
      this.#at += 2;
      return plainCondition(`!(${left.value} in ${this.#operand().value})`);
    }
    const operator = COMPARISONS.find((each) => this.#peek(each));
    if (operator === undefined) return left;
    this.#at += 1;
    return plainCondition(`(${left.value} ${operator} ${this.#operand().value})`);
  }

  #operand(): Part {
    const token = this.#next();
    if (token.text === '(' && token.kind === 'symbol') {
      const inner = this.#conditional();
      this.#expect(')');
      return inner;
    }
    if (token.kind === 'string') return withTruth(JSON.stringify(token.text));
    if (token.kind === 'number') return withTruth(token.text);
    if (token.kind !== 'name') throw new Error(`'${token.text}' does not belong there`);
    if (token.text === 'None') return { value: 'null', condition: 'false' };
    if (token.text === 'True' || token.text === 'False') return plainCondition(token.text.toLowerCase());
    return this.#path(token.text);
  }

  #path(first: string): Part {
    const names = [first];
    while (this.#takes('.')) names.push(this.#name());
    const path = this.#names.resolve(names);
    if (path === undefined) throw new Error(`nothing here is called '${names.join('.')}'`);
    let cel = celPath(path);
    while (this.#takes('[')) {
      const index = this.#next();
      if (index.kind !== 'number' && index.kind !== 'string') throw new Error(`'${index.text}' is no index`);
      this.#expect(']');
      cel += `[?${index.kind === 'string' ? JSON.stringify(index.text) : index.text}]`;
      while (this.#takes('.')) cel += `.?${this.#name()}`;
    }
    if (this.#peek('(')) throw new Error('calls are not translated');
    return withTruth(cel.includes('?') ? `${cel}.orValue(null)` : cel);
  }

  #name(): string {
    const token = this.#next();
    if (token.kind !== 'name') throw new Error(`'${token.text}' is no name`);
    return token.text;
  }

  #peek(text: string): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && token.kind !== 'string' && token.text === text;
  }

  #takes(text: string): boolean {
    const takes = this.#peek(text);
    if (takes) this.#at += 1;
    return takes;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw new Error(`'${text}' is missing`);
  }

  #next(): PythonToken {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('it ends too early');
    this.#at += 1;
    return token;
  }
}

/** What is beyond the result of a step may be missing, which in these languages is as good as None. */
function celPath(path: readonly string[]): string {
  const sure = path[0] === 'steps' ? 3 : 2;
  return path.map((name, depth) => (depth === 0 ? name : depth < sure ? `.${name}` : `.?${name}`)).join('');
}

function withTruth(value: string): Part {
  return { value, condition: `truthy(${value})` };
}

function plainCondition(condition: string): Part {
  return { value: condition, condition };
}
