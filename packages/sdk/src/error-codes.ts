/** What a code means on every surface. */
export interface ErrorCodeEntry {
  /** The HTTP status of the REST surface (RFC 9110; 499 is nginx's "client closed request"). */
  readonly httpStatus: number;
  /** The exit code of the `capstan` command. */
  readonly exitCode: number;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retriable: boolean;
  /** What to do next, when the place that raised the error knows nothing better. */
  readonly hint: string;
}

/**
 * Every error code of the product, once. REST, MCP, the CLI and the documentation are generated from it.
 *
 * Exit codes: 1 unexpected, 2 wrong usage or input, 3 not found, 4 denied, 5 needs configuration,
 * 6 the remote side failed, 7 rate limited or busy, 8 timed out or cancelled, 9 not available now, 10 pending.
 */
export const ERROR_CODES = {
  CAPSTAN_INTERNAL: {
    httpStatus: 500,
    exitCode: 1,
    retriable: false,
    hint: 'This is a defect of the host; its log has the cause under the execution id.',
  },
  CAPSTAN_INVALID_REQUEST: {
    httpStatus: 400,
    exitCode: 2,
    retriable: false,
    hint: 'Compare the request with GET /openapi.json.',
  },
  CAPSTAN_INVALID_ARGUMENTS: {
    httpStatus: 400,
    exitCode: 2,
    retriable: false,
    hint: 'Correct the arguments listed in details.problems; the tool description has the schema.',
  },
  CAPSTAN_INVALID_OUTPUT: {
    httpStatus: 502,
    exitCode: 6,
    retriable: false,
    hint: 'The tool answered something its output_schema forbids; tell the author of the pack.',
  },
  CAPSTAN_UNAUTHENTICATED: {
    httpStatus: 401,
    exitCode: 4,
    retriable: false,
    hint: 'Send a valid key as "Authorization: Bearer …".',
  },
  CAPSTAN_FORBIDDEN: {
    httpStatus: 403,
    exitCode: 4,
    retriable: false,
    hint: 'This key may not do that; ask an operator of the workspace.',
  },
  CAPSTAN_DENIED: {
    httpStatus: 403,
    exitCode: 4,
    retriable: false,
    hint: 'A policy denies this call with these arguments; ask an operator of the workspace.',
  },
  CAPSTAN_TOOL_NOT_FOUND: {
    httpStatus: 404,
    exitCode: 3,
    retriable: false,
    hint: 'List the tools of this workspace: the tool may be named differently or not be enabled here.',
  },
  CAPSTAN_PACK_NOT_FOUND: {
    httpStatus: 404,
    exitCode: 3,
    retriable: false,
    hint: 'List the packs with "capstan pack list".',
  },
  CAPSTAN_WORKSPACE_NOT_FOUND: {
    httpStatus: 404,
    exitCode: 3,
    retriable: false,
    hint: 'Check the name of the workspace; your key may belong to another one.',
  },
  CAPSTAN_CONNECTION_NOT_FOUND: {
    httpStatus: 404,
    exitCode: 3,
    retriable: false,
    hint: 'List the connections of the workspace and name one of them.',
  },
  CAPSTAN_NOT_FOUND: {
    httpStatus: 404,
    exitCode: 3,
    retriable: false,
    hint: 'Check the path; GET /openapi.json lists what exists.',
  },
  CAPSTAN_CONNECTION_AMBIGUOUS: {
    httpStatus: 409,
    exitCode: 2,
    retriable: false,
    hint: 'Name one of the candidates as "connection".',
  },
  CAPSTAN_CONFLICT: {
    httpStatus: 409,
    exitCode: 2,
    retriable: false,
    hint: 'Something else already has this; read the message for who.',
  },
  CAPSTAN_TOOL_DUPLICATE: {
    httpStatus: 409,
    exitCode: 2,
    retriable: false,
    hint: 'Register the tool under another id, or dispose of the first one.',
  },
  CAPSTAN_PAYLOAD_TOO_LARGE: { httpStatus: 413, exitCode: 2, retriable: false, hint: 'Send less at once.' },
  CAPSTAN_RATE_LIMITED: {
    httpStatus: 429,
    exitCode: 7,
    retriable: true,
    hint: 'Wait for the time in details.retry_after_ms, then call again.',
  },
  CAPSTAN_CANCELLED: {
    httpStatus: 499,
    exitCode: 8,
    retriable: false,
    hint: 'The caller cancelled; call again if that was not meant.',
  },
  CAPSTAN_DEADLINE_EXCEEDED: {
    httpStatus: 504,
    exitCode: 8,
    retriable: true,
    hint: 'Raise deadline_ms of the tool, or ask for less at once.',
  },
  CAPSTAN_NEEDS_CONFIG: {
    httpStatus: 503,
    exitCode: 5,
    retriable: false,
    hint: 'Set the keys listed in details.missing; each names every place where it can be set.',
  },
  CAPSTAN_NEEDS_REAUTH: {
    httpStatus: 503,
    exitCode: 5,
    retriable: false,
    hint: 'The account of the connection has to be connected again: "capstan connection authorize" with its id.',
  },
  CAPSTAN_UNRESOLVED_REFERENCE: {
    httpStatus: 503,
    exitCode: 5,
    retriable: false,
    hint: 'Set the variable or file that the reference names, or change the reference.',
  },
  CAPSTAN_REFERENCE_FORBIDDEN: {
    httpStatus: 403,
    exitCode: 5,
    retriable: false,
    hint: 'An operator may allow the variable for this pack or list it under references.allow in capstan.yaml.',
  },
  CAPSTAN_CONFIG_INVALID: {
    httpStatus: 503,
    exitCode: 5,
    retriable: false,
    hint: 'Correct the value at the place that the message names.',
  },
  CAPSTAN_PACK_REJECTED: {
    httpStatus: 503,
    exitCode: 5,
    retriable: false,
    hint: 'Run "capstan pack validate" on the pack and mend what it lists.',
  },
  CAPSTAN_PACK_UNTRUSTED: {
    httpStatus: 503,
    exitCode: 5,
    retriable: false,
    hint: 'Add "trust: in_process" to the pack in capstan.yaml if you trust its code.',
  },
  CAPSTAN_PACK_FAILED: {
    httpStatus: 503,
    exitCode: 9,
    retriable: false,
    hint: 'The code of the pack does not start; its author needs the cause in the host log.',
  },
  CAPSTAN_TOOL_UNSUPPORTED: {
    httpStatus: 503,
    exitCode: 9,
    retriable: false,
    hint: 'This backend does not run here; declare the tool as remote: or serve it behind mcp:.',
  },
  CAPSTAN_TOOL_FAILED: {
    httpStatus: 502,
    exitCode: 6,
    retriable: false,
    hint: 'The code of the tool failed; the host log has the cause under the execution id.',
  },
  CAPSTAN_WORKFLOW_EXPRESSION: {
    httpStatus: 422,
    exitCode: 6,
    retriable: false,
    hint: 'An expression of the workflow has no value for these inputs; a key that may be missing is written a.?b.orValue(null).',
  },
  CAPSTAN_DRAINING: {
    httpStatus: 503,
    exitCode: 9,
    retriable: true,
    hint: 'The host is shutting down; call again in a few seconds.',
  },
  CAPSTAN_AUDIT_UNAVAILABLE: {
    httpStatus: 503,
    exitCode: 9,
    retriable: true,
    hint: 'Without a record no call is made; an operator should look at the disk that holds the audit folder.',
  },
  CAPSTAN_LIMITS_UNAVAILABLE: {
    httpStatus: 503,
    exitCode: 9,
    retriable: true,
    hint: 'The server that counts limits does not answer; limits.on_redis_failure says what then happens.',
  },
  CAPSTAN_STORE_UNAVAILABLE: {
    httpStatus: 503,
    exitCode: 9,
    retriable: true,
    hint: 'The database does not answer; check that it runs and that CAPSTAN_DATABASE_URL is right.',
  },
  CAPSTAN_CIRCUIT_OPEN: {
    httpStatus: 503,
    exitCode: 9,
    retriable: true,
    hint: 'The remote service kept failing and is left alone for a while; call again after details.retry_after_ms.',
  },
  CAPSTAN_TOOL_CHANGED: {
    httpStatus: 503,
    exitCode: 5,
    retriable: false,
    hint: 'An operator has to look at it and accept it: "capstan tool diff", then "capstan tool accept".',
  },
  CAPSTAN_EGRESS_DENIED: {
    httpStatus: 403,
    exitCode: 4,
    retriable: false,
    hint: 'The pack may not reach this host; an operator can allow it under egress in the manifest or capstan.yaml.',
  },
  CAPSTAN_REMOTE_UNREACHABLE: {
    httpStatus: 502,
    exitCode: 6,
    retriable: true,
    hint: 'Check that the remote service runs and that its URL is right.',
  },
  CAPSTAN_REMOTE_TIMEOUT: {
    httpStatus: 504,
    exitCode: 8,
    retriable: true,
    hint: 'The remote service did not answer in time; raise timeout_ms or look at the service.',
  },
  CAPSTAN_REMOTE_AUTH: {
    httpStatus: 502,
    exitCode: 6,
    retriable: false,
    hint: 'The remote service refused the credentials; renew the token of the connection.',
  },
  CAPSTAN_REMOTE_NOT_FOUND: {
    httpStatus: 502,
    exitCode: 6,
    retriable: false,
    hint: 'The remote service does not know this tool; compare tool_type and action with GET {base_url}/v1/tools.',
  },
  CAPSTAN_REMOTE_REFUSED: {
    httpStatus: 422,
    exitCode: 6,
    retriable: false,
    hint: 'The remote service refused the request; details has its reason.',
  },
  CAPSTAN_REMOTE_RATE_LIMITED: {
    httpStatus: 429,
    exitCode: 7,
    retriable: true,
    hint: 'The remote service asks to slow down; call again after details.retry_after_ms.',
  },
  CAPSTAN_REMOTE_UNAVAILABLE: {
    httpStatus: 502,
    exitCode: 6,
    retriable: true,
    hint: 'The remote service is failing; look at its own log.',
  },
  CAPSTAN_REMOTE_INVALID_RESPONSE: {
    httpStatus: 502,
    exitCode: 6,
    retriable: false,
    hint: 'The remote service answered outside the contract; run "capstan contract verify" against it.',
  },
  CAPSTAN_REMOTE_TOO_LARGE: {
    httpStatus: 502,
    exitCode: 6,
    retriable: false,
    hint: 'Ask the remote service for less, in pages.',
  },
} as const;

/** One of the product's error codes. */
export type ErrorCode = keyof typeof ERROR_CODES;
