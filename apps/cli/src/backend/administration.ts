import type { JsonObject, JsonValue } from '@capstan/sdk';

/** One administrative request to a running server. */
export interface AdministrativeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Segments behind `/v1`. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
}

/** A workspace, in the form of the REST surface. */
export interface WorkspaceJson {
  readonly id: string;
  readonly name: string;
  readonly origin:
    | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly column: number }
    | { readonly kind: 'runtime'; readonly by: string; readonly at: string };
  readonly packs: readonly string[];
  readonly connections: readonly string[];
  readonly setting_count: number;
  readonly mcp_servers: readonly string[];
}

/** A connection as it was written, without its secrets. */
export interface WrittenConnectionJson {
  readonly id: string;
  readonly workspace: string;
  readonly definition: JsonObject;
  readonly secrets: readonly string[];
  readonly set_by: string;
  readonly set_at: string;
}

/** One key of config that was set at run time. */
export interface ConfigSettingJson {
  readonly pack: string;
  readonly key: string;
  readonly workspace?: string;
  readonly value?: JsonValue;
  readonly secret: boolean;
  readonly set_by: string;
  readonly set_at: string;
}

/** An API key without its value. */
export interface KeyJson {
  readonly id?: string;
  readonly name: string;
  readonly prefix?: string;
  readonly role: string;
  readonly origin: 'file' | 'runtime';
  readonly state: 'active' | 'expired' | 'revoked';
  readonly workspace?: string;
  readonly created_at?: string;
  readonly created_by?: string;
  readonly expires_at?: string;
  readonly revoked_at?: string;
  readonly last_used_at?: string;
}

/** What a form for a pack's config is made of. */
export interface ConfigFormJson {
  readonly schema: JsonObject;
  readonly ui_schema: JsonObject;
}

/** A secret that is kept, without its value. */
export interface SecretJson {
  readonly name: string;
  /** Absent: of the whole host. */
  readonly workspace?: string;
  readonly kept: 'here' | 'elsewhere';
  readonly set_by: string;
  readonly set_at: string;
}

/** One difference between the settings file and what runs; secrets are masked. */
export interface PlannedChangeJson {
  readonly kind: 'add' | 'remove' | 'change';
  readonly path: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
  readonly note?: string;
}

/** What would change, or was. */
export interface SettingsPlanJson {
  readonly file: string;
  readonly applied: boolean;
  readonly changes: readonly PlannedChangeJson[];
  readonly restart: readonly PlannedChangeJson[];
}
