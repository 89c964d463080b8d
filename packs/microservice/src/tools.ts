import {
  CapstanError,
  defineTool,
  type JsonObject,
  type JsonValue,
  type PackHttpResponse,
  type ToolFactory,
} from '@capstan/sdk';

interface ServiceCall {
  readonly service_name: string;
  readonly endpoint: string;
  readonly method?: string;
  readonly data?: JsonObject;
}

const SHOWN_CHARACTERS = 2_000;

/** One request to an instance of a service; the host finds it and does the rest. */
export const microserviceCall: ToolFactory<ServiceCall> = defineTool(({ http }) => async (input, context) => {
  const { service_name, endpoint, method = 'GET', data } = input;
  const takesBody = method === 'POST' || method === 'PUT';
  const response = await http.request(`service://${service_name}/${endpoint.replace(/^\/+/, '')}`, {
    method,
    ...(takesBody ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(data ?? {}) } : {}),
    context,
  });
  const { status } = response;
  const answer = dataOf(response);
  if (status >= 200 && status < 300) return { service_name, endpoint, status_code: status, data: answer };
  throw new CapstanError(
    status >= 500 ? 'CAPSTAN_REMOTE_UNAVAILABLE' : 'CAPSTAN_REMOTE_REFUSED',
    `${service_name} answered ${status} to ${method} ${endpoint}`,
    {
      hint: status === 404 ? 'Check the endpoint, and the ids in it.' : 'details.data has what the service says.',
      details: {
        status_code: status,
        data: response.text.length > SHOWN_CHARACTERS ? response.text.slice(0, SHOWN_CHARACTERS) : answer,
      },
    },
  );
});

function dataOf(response: PackHttpResponse): JsonValue {
  if (response.text === '') return null;
  try {
    return response.json();
  } catch {
    // Services answer text as well.
    return response.text;
  }
}
