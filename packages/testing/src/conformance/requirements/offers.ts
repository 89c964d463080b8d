import { compileSchema } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import { expectStatus, shownAnswer } from '../answer-shape.ts';
import { look } from '../bench.ts';
import { isObject } from '../json-shape.ts';
import { failed, notOffered, passed, type Requirement, type Verdict } from '../requirement.ts';
import type { Discovery } from '../survey.ts';
import { ALLOWED } from './access.ts';

type Found = Extract<Discovery, { kind: 'found' }>;

const FOUND = [...ALLOWED, 'CONTRACT-DISCOVERY-1'];

/** A check of what the service says of itself. */
function withDiscovery(check: (found: Found) => Verdict | Promise<Verdict>): Requirement['check'] {
  return async ({ discovery }) =>
    discovery.kind === 'found' ? check(discovery) : notOffered('GET /v1/tools is a 404');
}

export const OFFER_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-HEALTH-1',
    title: 'GET /v1/health answers 200 and a JSON object, or 503',
    level: 'optional',
    section: 'health',
    needs: ALLOWED,
    check: async (bench) => {
      const answer = await look(bench, '/v1/health', { mayBeAbsent: true });
      if (answer.status === 404) return notOffered('GET /v1/health is a 404');
      if (answer.status === 503) return passed;
      const isHealthy = answer.status === 200 && isObject(answer.json);
      return isHealthy ? passed : failed(`${shownAnswer(answer)}; expected 200 and a JSON object, 503 or 404`);
    },
  },
  {
    id: 'CONTRACT-DISCOVERY-1',
    title: 'GET /v1/tools answers 200 and an object with the list "tools"',
    level: 'optional',
    section: 'discovery',
    needs: ALLOWED,
    check: async ({ discovery }) => {
      if (discovery.kind === 'absent') return notOffered('GET /v1/tools is a 404');
      if (discovery.kind === 'found') return passed;
      return failed(`${shownAnswer(discovery.answer)}; expected 200 and { "tools": [ … ] }, or 404`);
    },
  },
  {
    id: 'CONTRACT-DISCOVERY-2',
    title: 'Every tool has a name of its own, {tool_type}.{action}',
    level: 'optional',
    section: 'discovery',
    needs: FOUND,
    check: withDiscovery(({ document }) => {
      const names = entriesOf(document).map((entry) => (isObject(entry) ? entry.name : undefined));
      const odd = names.find((name) => typeof name !== 'string' || !NAME.test(name));
      if (names.length > 0 && names.includes(odd))
        return failed(`${JSON.stringify(odd) ?? 'an entry without a name'} is no name of a tool`);
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      return twice === undefined ? passed : failed(`${JSON.stringify(twice)} is there twice`);
    }),
  },
  {
    id: 'CONTRACT-DISCOVERY-3',
    title: 'Every input_schema is a JSON Schema of an object',
    level: 'optional',
    section: 'discovery',
    needs: FOUND,
    check: withDiscovery(({ tools }) => {
      for (const { name, inputSchema } of tools) {
        const flaw = flawOfSchema(inputSchema);
        if (flaw !== undefined) return failed(`the input_schema of ${name} ${flaw}`);
      }
      return passed;
    }),
  },
  {
    id: 'CONTRACT-DISCOVERY-4',
    title: '"contract" is 1, and what is said by true or false is a boolean',
    level: 'optional',
    section: 'discovery',
    needs: FOUND,
    check: withDiscovery(({ document }) => {
      if (document.contract !== undefined && document.contract !== 1)
        return failed(`"contract" is ${JSON.stringify(document.contract)}`);
      const places: readonly (readonly [JsonValue, readonly string[]])[] = [
        [document, ['idempotency']],
        ...entriesOf(document).map((entry) => [entry, ['batch', 'job', 'stream']] as const),
      ];
      for (const [place, flags] of places) {
        const odd = isObject(place) ? flags.find((flag) => !isFlag(place[flag])) : undefined;
        if (odd !== undefined)
          return failed(`"${odd}" is neither true nor false in ${JSON.stringify(place).slice(0, 120)}`);
      }
      return passed;
    }),
  },
  {
    id: 'CONTRACT-DISCOVERY-5',
    title: 'The tool that is called is on the list',
    level: 'optional',
    section: 'discovery',
    needs: FOUND,
    check: async ({ discovery, subject }) => {
      if (discovery.kind !== 'found') return notOffered('GET /v1/tools is a 404');
      if (subject === undefined) return notOffered('no tool is called');
      const isListed = discovery.tools.some(({ name }) => name === subject.tool);
      return isListed ? passed : failed(`${subject.tool} is not on the list of GET /v1/tools`);
    },
  },
  {
    id: 'CONTRACT-DISCOVERY-6',
    title: 'GET /v1/tools asks for the token',
    level: 'optional',
    section: 'discovery',
    needs: FOUND,
    check: async (bench) => {
      if (bench.token === undefined) return notOffered('no token was given: the service is taken to need none');
      if (bench.discovery.kind !== 'found') return notOffered('GET /v1/tools is a 404');
      return expectStatus(await look(bench, '/v1/tools', { authorization: null }), [401, 403]);
    },
  },
  {
    id: 'CONTRACT-DISCOVERY-7',
    title: 'Examples fit their input_schema',
    level: 'optional',
    section: 'discovery',
    needs: [...FOUND, 'CONTRACT-DISCOVERY-3'],
    check: withDiscovery(({ tools }) => {
      for (const { name, inputSchema, examples } of tools) {
        const problem =
          inputSchema === undefined ? undefined : examples.map((example) => misfit(inputSchema, example)).find(Boolean);
        if (problem !== undefined) return failed(`an example of ${name} does not fit its input_schema: ${problem}`);
      }
      return passed;
    }),
  },
];

const NAME = /^[^.\s/]+\.[^\s/]+$/;

function entriesOf(document: JsonObject): readonly JsonValue[] {
  return Array.isArray(document.tools) ? document.tools : [];
}

function isFlag(value: JsonValue | undefined): boolean {
  return value === undefined || typeof value === 'boolean';
}

/** A pattern that our engine cannot run is still JSON Schema. */
function flawOfSchema(schema: JsonValue | undefined): string | undefined {
  if (schema === undefined) return undefined;
  if (!isObject(schema)) return 'is no object';
  if (schema.type !== 'object') return 'has not "type": "object"';
  const compiled = compileSchema(schema, { origin: 'own' });
  const flaw = compiled.ok ? undefined : compiled.problems.find(({ path }) => path.at(-1) !== 'pattern');
  return flaw === undefined ? undefined : `is no JSON Schema at '${flaw.path.join('.')}': ${flaw.message}`;
}

function misfit(schema: JsonValue, example: JsonObject): string | undefined {
  if (!isObject(schema)) return undefined;
  const compiled = compileSchema(schema, { origin: 'foreign' });
  return compiled.ok ? compiled.schema.problems(example, 1)[0]?.message : undefined;
}
