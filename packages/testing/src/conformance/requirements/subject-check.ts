import type { JsonObject } from '@capstan/sdk';
import type { Bench } from '../bench.ts';
import { notChecked, notOffered, type Requirement, type Verdict } from '../requirement.ts';
import { chooseOffering, type OfferedTool, type Subject, wrongTypes } from '../survey.ts';

const NO_SAMPLE = 'there is no call that could be made: name a tool and a sample, or put examples into GET /v1/tools';

/** A check that makes a call that should succeed. */
export function withSubject(check: (bench: Bench, subject: Subject) => Promise<Verdict>): Requirement['check'] {
  return async (bench) => (bench.subject === undefined ? notChecked(NO_SAMPLE) : check(bench, bench.subject));
}

/** A check that makes a call whose parameters are all of the wrong type. */
export function withWrongTypes(
  check: (bench: Bench, subject: Subject, wrong: JsonObject) => Promise<Verdict>,
): Requirement['check'] {
  return withSubject(async (bench, subject) => {
    const wrong = wrongTypes(subject);
    return wrong === undefined ? notOffered('the sample has no parameters') : check(bench, subject, wrong);
  });
}

/** A check that makes a call in a form that only some tools offer. */
export function withOffering(
  form: { readonly flag: string; readonly offers: (tool: OfferedTool) => boolean },
  check: (bench: Bench, subject: Subject) => Promise<Verdict>,
): Requirement['check'] {
  return async (bench) => {
    const { discovery } = bench;
    const isOffered = discovery.kind === 'found' && discovery.tools.some(form.offers);
    if (!isOffered) return notOffered(`no tool of GET /v1/tools says "${form.flag}": true`);
    const subject = chooseOffering(bench.subject, discovery, form.offers);
    if (subject !== undefined) return check(bench, subject);
    return notChecked(`the tools that say "${form.flag}": true have no examples`);
  };
}
