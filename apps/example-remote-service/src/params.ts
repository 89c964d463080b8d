import type { ErrorObject } from 'ajv';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ObjectSchema } from './tool-schemas.ts';

/** One way in which params do not fit. */
export interface ParamProblem {
  /** A JSON Pointer (RFC 6901) to the place. */
  readonly pointer: string;
  readonly keyword: string;
  readonly message: string;
}

/** Checks params against one tool's schema: every problem at once. */
export type ParamCheck = (params: unknown) => readonly ParamProblem[];

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });

/** Compiles a tool's schema. */
export function compileParams(schema: ObjectSchema): ParamCheck {
  const validate: ValidateFunction = ajv.compile(schema);
  return (params) => (validate(params) ? [] : (validate.errors ?? []).filter(isInformative).map(problemOf));
}

/** `if` only says that one of its branches failed, which has its own entry. */
function isInformative(error: ErrorObject): boolean {
  return error.keyword !== 'if';
}

function problemOf({ instancePath, keyword, message = 'does not fit', params }: ErrorObject): ParamProblem {
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    return { pointer: `${instancePath}/${escapePointer(name)}`, keyword, message: 'is no parameter of this tool' };
  }
  return { pointer: instancePath, keyword, message };
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
