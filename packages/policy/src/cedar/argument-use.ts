import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';

/** What policies read of the arguments of a call: a tree of names, each with the type that its use implies. */
export interface ArgumentNode {
  readonly children: Map<string, ArgumentNode>;
  /** A Cedar type; undefined where nothing implied one. */
  type: string | undefined;
}

/** What a policy looks at beyond principal, tool and action. */
export interface PolicyUse {
  readonly arguments: ArgumentNode;
  /** It reads `context`: its decision is not the same for every call. */
  readonly readsContext: boolean;
  /** It names a principal, so that two of the same roles may differ. */
  readonly readsIdentity: boolean;
}

type Json = unknown;
type Members = Readonly<Record<string, Json>>;

const IDENTITY = /"type":"(?:Key|User|System)"|"attr":"name"/;

/** Reads off a policy what it looks at. */
export function policyUse(policy: PolicyJson): PolicyUse {
  const text = JSON.stringify(policy);
  const root = newNode();
  for (const { body } of policy.conditions) visit(body, 'Bool', root);
  return { arguments: root, readsContext: text.includes('"Var":"context"'), readsIdentity: IDENTITY.test(text) };
}

/** What an operator implies for what stands in it. */
type Visitor = (operand: Members, root: ArgumentNode, expected: string | undefined) => void;

const both =
  (type: (operand: Members) => string | undefined): Visitor =>
  (operand, root) =>
    visitAll([operand.left, operand.right], type(operand), root);
const [longs, bools] = [both(() => 'Long'), both(() => 'Bool')];
const alike = both(({ left, right }) => typeOf(left) ?? typeOf(right));
const sets = both(({ left, right }) => typeOf(left) ?? typeOf(right) ?? 'Set<String>');
const VISITORS: Readonly<Record<string, Visitor>> = {
  '==': alike,
  '!=': alike,
  '<': longs,
  '<=': longs,
  '>': longs,
  '>=': longs,
  '+': longs,
  '-': longs,
  '*': longs,
  '&&': bools,
  '||': bools,
  '!': ({ arg }, root) => visit(arg, 'Bool', root),
  neg: ({ arg }, root) => visit(arg, 'Long', root),
  like: ({ left }, root) => visit(left, 'String', root),
  isEmpty: ({ arg }, root) => visit(arg, 'Set<String>', root),
  containsAll: sets,
  containsAny: sets,
  contains: ({ left, right }, root) => {
    visit(left, `Set<${typeOf(right) ?? 'String'}>`, root);
    visit(right, elementOf(typeOf(left)), root);
  },
  has: noteHas,
  '.': (operand, root, expected) => note({ '.': operand }, expected, root),
  'if-then-else': (operand, root, expected) => {
    visit(operand.if, 'Bool', root);
    visitAll([operand.then, operand.else], expected, root);
  },
};

function visit(expression: Json, expected: string | undefined, root: ArgumentNode): void {
  if (!isMembers(expression)) return;
  for (const [operator, operand] of Object.entries(expression)) {
    if (Array.isArray(operand)) visitAll(operand, elementOf(expected), root);
    else if (isMembers(operand)) visitorOf(operator)(operand, root, expected);
  }
}

function visitorOf(operator: string): Visitor {
  const known = Object.hasOwn(VISITORS, operator) ? VISITORS[operator] : undefined;
  return known ?? ((operand, root) => visitAll(Object.values(operand), undefined, root));
}

function visitAll(expressions: readonly Json[], expected: string | undefined, root: ArgumentNode): void {
  for (const expression of expressions) visit(expression, expected, root);
}

function noteHas(operand: Members, root: ArgumentNode): void {
  const path = argumentPath(operand.left);
  const { attr } = operand;
  if (path === undefined) visit(operand.left, undefined, root);
  else nodeAt(root, [...path, ...(Array.isArray(attr) ? attr.map(String) : [String(attr)])]);
}

function note(expression: Members, expected: string | undefined, root: ArgumentNode): void {
  const path = argumentPath(expression);
  if (path !== undefined) {
    const node = nodeAt(root, path);
    node.type ??= expected;
    return;
  }
  const access = expression['.'];
  if (isMembers(access)) visit(access.left, undefined, root);
}

/** The names behind `context.arguments`; undefined for any other expression. */
function argumentPath(expression: Json): readonly string[] | undefined {
  const access = isMembers(expression) ? expression['.'] : undefined;
  if (!isMembers(access) || typeof access.attr !== 'string') return undefined;
  if (access.attr === 'arguments' && isMembers(access.left) && access.left.Var === 'context') return [];
  const outer = argumentPath(access.left);
  return outer && [...outer, access.attr];
}

function nodeAt(root: ArgumentNode, path: readonly string[]): ArgumentNode {
  return path.reduce((node, name) => {
    const known = node.children.get(name);
    if (known) return known;
    const child = newNode();
    node.children.set(name, child);
    return child;
  }, root);
}

function newNode(): ArgumentNode {
  return { children: new Map(), type: undefined };
}

/** The Cedar type of a literal. */
function typeOf(expression: Json): string | undefined {
  if (!isMembers(expression)) return undefined;
  const { Value: value, Set: items } = expression;
  if (typeof value === 'string') return 'String';
  if (typeof value === 'number') return 'Long';
  if (typeof value === 'boolean') return 'Bool';
  return Array.isArray(items) ? `Set<${typeOf(items[0]) ?? 'String'}>` : undefined;
}

function elementOf(type: string | undefined): string | undefined {
  return type === undefined ? undefined : /^Set<(.*)>$/.exec(type)?.[1];
}

function isMembers(value: Json): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
