import type { ASTNode } from '@marcbachmann/cel-js';

/** What an expression speaks of: a variable, and the members that it names outright: `['steps', 'a', 'result']`. */
export type ExpressionReference = readonly [variable: string, ...members: readonly string[]];

/** What a parsed expression speaks of, each as far as it is named outright: `steps.a["b"][n].c` is `steps.a.b`. */
export function referencesIn(root: ASTNode, variables: ReadonlySet<string>): readonly ExpressionReference[] {
  const found: ExpressionReference[] = [];
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) for (const each of part) visit(each);
    if (!isNode(part)) return;
    const reference = referenceOf(part);
    if (reference !== undefined && variables.has(reference[0])) found.push(reference);
    visit(beside(part));
  };
  visit(root);
  return found;
}

function referenceOf(node: ASTNode): ExpressionReference | undefined {
  if (node.op === 'id') return [node.args];
  const step = selectionOf(node);
  if (step === undefined) return undefined;
  const owner = referenceOf(step.owner);
  return owner === undefined || step.member === undefined ? undefined : [...owner, step.member];
}

interface Selection {
  readonly owner: ASTNode;
  /** Undefined where it is computed. */
  readonly member: string | undefined;
}

function selectionOf(node: ASTNode): Selection | undefined {
  switch (node.op) {
    case '.':
    case '.?':
      return { owner: node.args[0], member: node.args[1] };
    case '[]':
    case '[?]': {
      const [owner, key] = node.args;
      return { owner, member: key.op === 'value' && typeof key.args === 'string' ? key.args : undefined };
    }
    default:
      return undefined;
  }
}

/** The parts of a node that may hold references of their own: of a chain of members, nothing that is part of it. */
function beside(node: ASTNode): unknown {
  const step = selectionOf(node);
  if (step === undefined) return node.args;
  return referenceOf(node) === undefined ? node.args : [];
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === 'object' && part !== null && 'op' in part && 'args' in part;
}
