import type { JsonValue } from '@capstan/sdk';
import type { HttpMethod, PathStyle, QueryStyle, TextEncoding } from './http-backend.ts';

/** A value, or an object that says more about it. */
export type ParameterSpec<Options> =
  | JsonValue
  | ({ readonly value: JsonValue; readonly default?: JsonValue } & Options);

/** Options of a slot of the path. */
export interface PathOptions {
  readonly style?: PathStyle;
  readonly explode?: boolean;
  readonly segments?: boolean;
}

/** Options of a query parameter or a form field. */
export interface QueryOptions {
  readonly style?: QueryStyle;
  readonly explode?: boolean;
  readonly allow_reserved?: boolean;
  readonly map?: Readonly<Record<string, string>>;
}

/** Options of a part of a multipart body. */
export interface PartOptions {
  readonly filename?: string;
  readonly content_type?: string;
  readonly encoding?: TextEncoding;
}

/** `body:` */
export interface BodySpec {
  readonly json?: JsonValue;
  readonly form?: Readonly<Record<string, ParameterSpec<QueryOptions>>>;
  readonly multipart?: Readonly<Record<string, ParameterSpec<PartOptions>>>;
  readonly raw?: string;
  readonly content_type?: string;
  readonly encoding?: TextEncoding;
  readonly optional?: boolean;
}

/** One rule of `auth:` */
export interface AuthRuleSpec {
  readonly type: 'api_key' | 'bearer' | 'basic';
  readonly in?: 'header' | 'query' | 'cookie';
  readonly name?: string;
  readonly prefix?: string;
  readonly value?: string;
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
  readonly optional?: boolean;
}

/** `pagination:` */
export interface PaginationSpec {
  readonly type: 'cursor' | 'page' | 'offset' | 'link' | 'url';
  readonly argument?: string;
  readonly next?: string;
  readonly items?: string;
  readonly start?: number;
  readonly size?: number;
  readonly max_pages?: number;
  readonly max_items?: number;
}

/** One rule of `errors:` */
export interface ErrorRuleSpec {
  readonly status?: number | string | readonly (number | string)[];
  readonly when?: string;
  readonly code?: 'auth' | 'invalid_response' | 'not_found' | 'rate_limited' | 'refused' | 'timeout' | 'unavailable';
  readonly message?: string;
  readonly hint?: string;
  readonly retriable?: boolean;
  readonly result?: string;
}

/** An `http:` backend as a manifest writes it. */
export interface HttpBackendSpec {
  readonly method?: HttpMethod;
  readonly url: string;
  readonly path?: Readonly<Record<string, ParameterSpec<PathOptions>>>;
  readonly query?: Readonly<Record<string, ParameterSpec<QueryOptions>>>;
  readonly headers?: Readonly<Record<string, ParameterSpec<object>>>;
  readonly cookies?: Readonly<Record<string, ParameterSpec<object>>>;
  readonly body?: BodySpec;
  readonly other_arguments?: 'query' | 'body' | 'ignore';
  readonly auth?: 'connection' | 'none' | AuthRuleSpec | readonly AuthRuleSpec[];
  readonly response?: {
    readonly as?: 'auto' | 'json' | 'text' | 'binary';
    readonly pick?: string;
    readonly max_bytes?: number;
  };
  readonly pagination?: PaginationSpec;
  readonly errors?: readonly ErrorRuleSpec[];
  readonly idempotency_header?: string;
  readonly redirects?: 'follow' | 'refuse';
}
