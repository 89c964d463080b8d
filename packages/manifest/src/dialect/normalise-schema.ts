import type { DocumentPath } from '@capstan/schema';
import { type Fields, isFields, listAt, mapMembers, member, withMember, withoutMember } from '../record.ts';
import type { Report } from '../report.ts';

/** Keywords under which the schemas of parts stand: by name, in a list, or alone. */
const NAMED = ['properties', '$defs', 'definitions', 'patternProperties'];
const LISTED = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SINGLE = ['items', 'additionalProperties', 'not', 'if', 'then', 'else'];

/**
 * Mends the habit of writing `required: true` inside a property (OpenAPI 2 and forms do so): in JSON Schema `required` is
 * a list in the object around it. A schema without that habit comes back as it is.
 */
export function normaliseSchema(schema: Fields, path: DocumentPath, report: Report): Fields {
  return hasHabit(schema) ? mended(schema, path, report) : schema;
}

function hasHabit(schema: Fields): boolean {
  if (typeof member(schema, 'required') === 'boolean') return true;
  return partsOf(schema).some(hasHabit);
}

function mended(schema: Fields, path: DocumentPath, report: Report): Fields {
  const whole = mapMembers(schema, (value, keyword) => {
    const at = [...path, keyword];
    if (NAMED.includes(keyword) && isFields(value)) {
      return mapMembers(value, (part, name) => (isFields(part) ? mended(part, [...at, name], report) : part));
    }
    if (LISTED.includes(keyword) && Array.isArray(value)) {
      return value.map((part: unknown, index) => (isFields(part) ? mended(part, [...at, index], report) : part));
    }
    return SINGLE.includes(keyword) && isFields(value) ? mended(value, at, report) : value;
  });
  return withRequiredList(withoutOwnRequired(whole, path, report), schema);
}

/** A boolean `required` is taken out; the object around it lists the property. */
function withoutOwnRequired(schema: Fields, path: DocumentPath, report: Report): Fields {
  const required = member(schema, 'required');
  if (typeof required !== 'boolean') return schema;
  const message = required
    ? "'required: true' in a property is read as its name in the list 'required' of the object around it"
    : "'required: false' in a property says nothing and is left out";
  const hint = "JSON Schema lists required properties in 'required: [name, …]' of the object.";
  report.add('CAPSTAN_MANIFEST_NORMALISED_REQUIRED', [...path, 'required'], { message, hint, part: 'key' });
  return withoutMember(schema, 'required');
}

function withRequiredList(schema: Fields, original: Fields): Fields {
  const properties = member(original, 'properties');
  if (!isFields(properties)) return schema;
  const marked = Object.keys(properties).filter((name) => {
    const property = member(properties, name);
    return isFields(property) && member(property, 'required') === true;
  });
  if (marked.length === 0) return schema;
  return withMember(schema, 'required', [...new Set([...listAt(schema, 'required'), ...marked])]);
}

function partsOf(schema: Fields): readonly Fields[] {
  const parts: Fields[] = [];
  const add = (value: unknown): void => {
    if (isFields(value)) parts.push(value);
  };
  for (const keyword of Object.keys(schema)) {
    const value = member(schema, keyword);
    if (NAMED.includes(keyword) && isFields(value)) Object.values(value).forEach(add);
    else if (LISTED.includes(keyword) && Array.isArray(value)) value.forEach(add);
    else if (SINGLE.includes(keyword)) add(value);
  }
  return parts;
}
