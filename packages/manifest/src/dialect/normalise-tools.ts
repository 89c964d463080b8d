import type { DocumentPath } from '@capstan/schema';
import { TOOL_SCHEMA } from '../format/tool-schema.ts';
import { type Fields, isFields, mapList, member, textAt, withMember, withoutMember } from '../record.ts';
import { normaliseSchema } from './normalise-schema.ts';
import type { Normalising } from './normalising.ts';
import { withoutNulls } from './without-nulls.ts';

/** Puts `tools:` into our form: a list of objects with `name`. */
export function normaliseTools(tools: readonly unknown[] | Fields, context: Normalising): readonly unknown[] {
  if (!isFields(tools)) return mapList(tools, (tool, index) => normaliseTool(tool, ['tools', index], context));
  const message = "the tools are read as a list; each key as the tool's name";
  const finding = { message, hint: "Write a list of tools with 'name'.", part: 'key' } as const;
  context.report.add('CAPSTAN_MANIFEST_NORMALISED_TOOL', ['tools'], finding);
  return Object.entries(tools).map(([name, tool], index) => {
    context.origins.move(['tools', index], ['tools', name]);
    const named = isFields(tool) && member(tool, 'name') === undefined ? withMember(tool, 'name', name) : tool;
    return normaliseTool(named, ['tools', name], context);
  });
}

function normaliseTool(tool: unknown, origin: DocumentPath, context: Normalising): unknown {
  if (typeof tool === 'string') {
    const message = `the text '${tool}' is read as a tool of that name`;
    const hint = `Write '- name: ${tool}' and how the tool works.`;
    context.report.add('CAPSTAN_MANIFEST_NORMALISED_TOOL', origin, { message, hint });
    return { name: tool };
  }
  if (!isFields(tool)) return tool;
  const named = withToolName(
    withoutNulls(tool, { path: origin, schema: TOOL_SCHEMA, report: context.report }),
    origin,
    context,
  );
  return ['input_schema', 'output_schema'].reduce((draft, key) => {
    const schema = member(draft, key);
    return isFields(schema) ? withMember(draft, key, normaliseSchema(schema, [...origin, key], context.report)) : draft;
  }, named);
}

/** A tool may be called by `name`, `code` or `id`; `code` beside an equal `name` says nothing more. */
function withToolName(tool: Fields, origin: DocumentPath, { report, origins }: Normalising): Fields {
  const name = textAt(tool, 'name');
  const key = ['code', 'id'].find((other) => textAt(tool, other) !== undefined);
  if (key === undefined) return tool;
  const written = textAt(tool, key);
  if (name !== undefined && name !== written) return tool;
  const message =
    name === undefined ? `'${key}' is read as 'name'` : `'${key}' says the same as 'name' and is left out`;
  const hint = name === undefined ? "Write 'name'." : `Remove '${key}'.`;
  report.add('CAPSTAN_MANIFEST_NORMALISED_KEY', [...origin, key], { message, hint, part: 'key' });
  if (name === undefined) origins.move([...origin, 'name'], [...origin, key]);
  return withMember(withoutMember(tool, key), 'name', written);
}
