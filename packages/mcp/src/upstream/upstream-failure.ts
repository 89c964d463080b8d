import { egressHintOf } from '@capstan/http';
import { CapstanError, type ErrorCode, isCapstanError, type JsonObject } from '@capstan/sdk';
import { isObject, RpcError, type RpcErrorBody } from './message.ts';
import { TransportFailure, type TransportFailureKind } from './transport.ts';

const CODES: Readonly<Record<TransportFailureKind, ErrorCode>> = {
  unreachable: 'CAPSTAN_REMOTE_UNREACHABLE',
  session_lost: 'CAPSTAN_REMOTE_UNAVAILABLE',
  auth: 'CAPSTAN_REMOTE_AUTH',
  timeout: 'CAPSTAN_REMOTE_TIMEOUT',
  egress_denied: 'CAPSTAN_EGRESS_DENIED',
  protocol: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
  closed: 'CAPSTAN_REMOTE_UNAVAILABLE',
};

/** Where a protocol error of a server stands among the details. */
const RPC_ERROR = 'rpc_error';

/** Any failure of an upstream in the words of the product. What is none of ours comes back as it is. */
export function toCapstanError(error: unknown, server: string): unknown {
  if (isCapstanError(error)) return error;
  if (error instanceof RpcError) return ofProtocol(error, server);
  if (!(error instanceof TransportFailure)) return error;
  return new CapstanError(CODES[error.kind], `${server}: ${error.message}`, {
    cause: error,
    details: { server, ...(error.status === undefined ? {} : { status: error.status }) },
    ...hintOf(error.kind),
    ...egressHintOf(error),
  });
}

/** The protocol error that an MCP server answered with, where a failure carries one. */
export function protocolErrorOf(error: CapstanError): RpcErrorBody | undefined {
  const body = isObject(error.details) ? error.details[RPC_ERROR] : undefined;
  if (!isObject(body) || typeof body.code !== 'number' || typeof body.message !== 'string') return undefined;
  return { code: body.code, message: body.message, ...(body.data === undefined ? {} : { data: body.data }) };
}

function ofProtocol(error: RpcError, server: string): CapstanError {
  const details: JsonObject = { server, remote_code: error.code, [RPC_ERROR]: { ...error.toBody() } };
  return new CapstanError('CAPSTAN_REMOTE_REFUSED', `${server}: ${error.message}`, {
    cause: error,
    details,
    hint: 'The MCP server refused the request; its own error stands in details.rpc_error.',
  });
}

function hintOf(kind: TransportFailureKind): { readonly hint?: string } {
  if (kind === 'protocol') return { hint: 'What answers there is no MCP server, or one that breaks the protocol.' };
  if (kind === 'unreachable') return { hint: 'Check that the MCP server runs and that its address is right.' };
  return kind === 'timeout' ? { hint: 'Raise "timeout" of the MCP server, or look at the server.' } : {};
}
