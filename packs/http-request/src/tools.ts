import { defineTool, type ToolFactory } from '@capstan/sdk';
import { callUrl, type UrlCall } from './call-url.ts';

/** Reads a URL. */
export const httpGet: ToolFactory<Pick<UrlCall, 'url' | 'headers' | 'params'>> = defineTool(
  ({ http }) =>
    (input, context) =>
      callUrl(http, { ...input, method: 'GET' }, context),
);

/** Any request; a body goes with POST and PUT only. */
export const restApiCall: ToolFactory<UrlCall> = defineTool(({ http }) => ({ data, ...call }, context) => {
  const takesBody = call.method === 'POST' || call.method === 'PUT';
  return callUrl(http, takesBody && data !== undefined ? { ...call, data } : call, context);
});
