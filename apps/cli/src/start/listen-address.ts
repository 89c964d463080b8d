import type { HostSettings } from '@capstan/host';
import { usageError } from '../failure-report.ts';
import type { StartFlags } from './start-flags.ts';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 7420;

/** Where the server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The address: of the options, else of the variable `PORT`, else of the settings, else loopback and 7420. @throws CapstanError for what is no port */
export function listenAddress(
  flags: StartFlags,
  env: Readonly<Record<string, string | undefined>>,
  settings: Pick<HostSettings, 'server'> | undefined,
): ListenAddress {
  return {
    host: flags.host ?? settings?.server.host ?? DEFAULT_HOST,
    port:
      portOf('--port', flags.port) ?? portOf('PORT', env.PORT || undefined) ?? settings?.server.port ?? DEFAULT_PORT,
  };
}

function portOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw usageError(`${name} '${text}' is no port`, 'A port is a number from 1 to 65535; 0 takes any that is free.');
}
