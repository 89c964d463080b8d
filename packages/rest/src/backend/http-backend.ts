import type { ErrorCode, JsonObject, JsonValue } from '@capstan/sdk';
import type { AnswerExpression } from '../answer-expression.ts';
import type { UrlTemplate } from '../template/url-template.ts';
import type { ValueTemplate } from '../template/value-template.ts';

/** The methods that a declared call may use. */
export const HTTP_METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];

/** How a parameter is written (OpenAPI 3.1, section 4.8.12.4). `auto`: lists are repeated, objects are JSON. */
export const QUERY_STYLES = ['auto', 'form', 'spaceDelimited', 'pipeDelimited', 'deepObject', 'json'] as const;
export type QueryStyle = (typeof QUERY_STYLES)[number];
export const PATH_STYLES = ['simple', 'label', 'matrix'] as const;
export type PathStyle = (typeof PATH_STYLES)[number];

/** A value with a name, wherever it goes. */
export interface NamedValue {
  readonly name: string;
  readonly value: ValueTemplate;
  /** What counts where the value's arguments are not given. */
  readonly fallback: JsonValue | undefined;
}

/** One slot of the path. */
export interface PathParameter extends NamedValue {
  readonly style: PathStyle;
  readonly explode: boolean;
  /** Slashes stay slashes: the value is several segments of the path. */
  readonly segments: boolean;
}

/** One parameter of the query, or one field of a form. */
export interface QueryParameter extends NamedValue {
  readonly style: QueryStyle;
  readonly explode: boolean;
  readonly allowReserved: boolean;
  /** What the service calls a value, where it has another word for it. */
  readonly words: ReadonlyMap<string, string>;
}

/** One part of a multipart body. */
export interface BodyPart extends NamedValue {
  readonly filename: ValueTemplate | undefined;
  readonly contentType: string | undefined;
  readonly encoding: TextEncoding;
}

/** What a text of a body is: itself, or bytes in base64. */
export type TextEncoding = 'utf8' | 'base64';

/** The body of the request. */
export type BodyTemplate =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: ValueTemplate; readonly contentType: string; readonly optional: boolean }
  | { readonly kind: 'form'; readonly fields: readonly QueryParameter[]; readonly optional: boolean }
  | { readonly kind: 'multipart'; readonly parts: readonly BodyPart[]; readonly optional: boolean }
  | {
      readonly kind: 'raw';
      readonly value: ValueTemplate;
      readonly contentType: string;
      readonly encoding: TextEncoding;
    };

/** One way in which a call authenticates. Templates of it may name secret settings. */
export type AuthRule =
  /** Whatever the connection has. */
  | { readonly kind: 'connection' }
  | { readonly kind: 'bearer'; readonly token: ValueTemplate | undefined; readonly optional: boolean }
  | {
      readonly kind: 'basic';
      readonly username: ValueTemplate | undefined;
      readonly password: ValueTemplate | undefined;
      readonly optional: boolean;
    }
  | {
      readonly kind: 'api_key';
      readonly place: 'header' | 'query' | 'cookie';
      readonly name: string;
      /** Before the key, with the space that follows: `Token `. */
      readonly prefix: string;
      readonly value: ValueTemplate | undefined;
      readonly optional: boolean;
    };

/** What becomes of an answer. */
export interface ResponsePlan {
  /** `auto`: by the answer's content type. */
  readonly as: 'auto' | 'json' | 'text' | 'binary';
  readonly pick: AnswerExpression | undefined;
  readonly maxBytes: number;
}

/** How the next page is asked for. */
export type NextPage =
  | { readonly kind: 'cursor'; readonly argument: string; readonly next: AnswerExpression }
  | { readonly kind: 'page'; readonly argument: string; readonly start: number; readonly size: number | undefined }
  | { readonly kind: 'offset'; readonly argument: string; readonly start: number; readonly size: number | undefined }
  /** `Link: <…>; rel="next"` (RFC 8288). */
  | { readonly kind: 'link' }
  /** The answer names the URL of the next page. */
  | { readonly kind: 'url'; readonly next: AnswerExpression };

/** How many pages a call reads, and where their items are. */
export interface Pagination {
  readonly next: NextPage;
  readonly items: AnswerExpression;
  readonly maxPages: number;
  readonly maxItems: number;
}

/** What an answer means that is no plain success. The first rule that fits decides. */
export interface ErrorRule {
  /** Whole statuses and `4xx`-like classes; absent: the statuses that are errors. */
  readonly statuses: readonly string[] | undefined;
  readonly when: AnswerExpression | undefined;
  readonly code: ErrorCode | undefined;
  readonly message: AnswerExpression | undefined;
  readonly hint: string | undefined;
  readonly retriable: boolean | undefined;
  /** The result in place of an error. */
  readonly result: AnswerExpression | undefined;
}

/** An `http:` backend of a manifest, read and checked. */
export interface HttpBackend {
  readonly method: HttpMethod;
  readonly url: UrlTemplate;
  /** By the name of the slot. */
  readonly path: ReadonlyMap<string, PathParameter>;
  readonly query: readonly QueryParameter[];
  readonly headers: readonly NamedValue[];
  readonly cookies: readonly NamedValue[];
  readonly body: BodyTemplate;
  /** Where arguments go that nothing above names. */
  readonly otherArguments: 'query' | 'body' | 'ignore';
  readonly auth: readonly AuthRule[];
  /** Whether `auth` was written, so that the author chose to send credentials to this URL. */
  readonly authDeclared: boolean;
  readonly response: ResponsePlan;
  readonly pagination: Pagination | undefined;
  readonly errors: readonly ErrorRule[];
  /** A header that carries the call's idempotency key: with it, every repetition is harmless. */
  readonly idempotencyHeader: string | undefined;
  readonly followsRedirects: boolean;
  /** The arguments that have a place. */
  readonly placed: ReadonlySet<string>;
  /** The settings that it speaks of. Unset ones mean `needs_config`, but for those of optional `auth`. */
  readonly configKeys: readonly string[];
  /** The host of the URL, where it is written out: what egress lists have to allow. */
  readonly host: string | undefined;
  /** As it was written. */
  readonly spec: JsonObject;
}
