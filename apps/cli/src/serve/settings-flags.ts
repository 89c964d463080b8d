import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import { buildArguments, readWrittenArgument } from '../tool-arguments/tool-arguments.ts';

/** The settings that `--set key=value` gives, read by the pack's schema. */
export function settingsOf(written: readonly string[], schema: JsonSchema): JsonObject {
  return buildArguments({}, written.map(readWrittenArgument), schema);
}

/** `capstan.yaml` for one pack that its own user starts: he trusts it, and lets it read the variables that it names. */
export function settingsDocument(pack: {
  readonly code: string;
  readonly folder: string;
  readonly config: JsonObject;
  readonly environment: readonly string[];
  readonly allowPrivate: readonly string[];
}): string {
  const { code, folder, config, environment, allowPrivate } = pack;
  const document: JsonValue = {
    version: 1,
    packs: { [code]: { from: folder, trust: 'in_process', config, environment: [...environment] } },
    workspaces: { default: { packs: [code] } },
    egress: { allow_private: [...allowPrivate] },
  };
  return JSON.stringify(document);
}
