import { resolve } from 'node:path';
import type { Host, HostSettings, PlannedChange } from '@capstan/host';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import { actorOf } from './act-as.ts';
import { textIn } from './json-reader.ts';
import type { Route } from './route.ts';
import { component } from './route-schemas.ts';

/** The settings file of a server. */
export interface SettingsFile {
  /** Absolute. */
  readonly path: string;
  /** Reads it again. @throws CapstanError CAPSTAN_CONFIG_INVALID with every finding and its place */
  load(): HostSettings;
  /** What it holds now is in force. */
  onApplied?(): void;
}

/** What `capstan.yaml` says, and what runs. */
export function settingsRoutes(host: Host, file: SettingsFile | undefined): readonly Route[] {
  return [applySettings(host, file)];
}

function applySettings(host: Host, file: SettingsFile | undefined): Route {
  return {
    method: 'post',
    path: '/v1/apply',
    operationId: 'applySettings',
    tag: 'administration',
    summary: 'Read the settings file again, and make the difference',
    description:
      'The server reads the file that it was started with, from its own disk; it takes none from a request. A file with an error changes nothing. With `plan` it only says what would change. What holds from the start of the host stands under `restart` until then.',
    access: 'admin',
    body: {
      required: false,
      variants: [
        {
          type: 'object',
          properties: {
            plan: { type: 'boolean', description: 'Only say what would change.' },
            file: {
              type: 'string',
              maxLength: 4096,
              description: 'The absolute path that is meant: any other file is refused.',
            },
          },
          additionalProperties: false,
        },
      ],
      example: { plan: true },
    },
    responses: { 200: component('SettingsPlan') },
    errors: ['CAPSTAN_CONFIG_INVALID', 'CAPSTAN_CONFLICT'],
    handle: async (request) => {
      const known = meantFile(file, textIn(request.body, 'file'));
      const { settings } = host.administration;
      const next = known.load();
      const isPlan = request.body.plan === true;
      const plan = isPlan ? settings.plan(next) : await settings.apply(next, actorOf(request));
      if (!isPlan) known.onApplied?.();
      return {
        status: 200,
        body: {
          file: known.path,
          applied: !isPlan,
          changes: plan.changes.map(changeJson),
          restart: plan.restart.map(changeJson),
        },
      };
    },
  };
}

function meantFile(file: SettingsFile | undefined, meant: string | undefined): SettingsFile {
  if (file === undefined) {
    throw new CapstanError('CAPSTAN_CONFLICT', 'this server has no settings file', {
      hint: 'Start it with "capstan start --config FILE".',
    });
  }
  if (meant === undefined || resolve(meant) === file.path) return file;
  throw new CapstanError('CAPSTAN_CONFLICT', `this server runs on ${file.path}, not on ${meant}`, {
    hint: `Change ${file.path}, or start the server with "--config ${meant}".`,
  });
}

function changeJson({ kind, path, before, after, note }: PlannedChange): JsonObject {
  return {
    kind,
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(note === undefined ? {} : { note }),
  };
}
