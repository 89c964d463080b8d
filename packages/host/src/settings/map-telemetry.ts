import { type JsonNode, memberOf, membersOf, numberOr, textOf, textOr } from './json-node.ts';
import { DEFAULT_TELEMETRY } from './settings-defaults.ts';
import type { TelemetrySettings } from './settings-model.ts';

/** Where traces and metrics go, of a checked file. */
export function telemetryOf(node: JsonNode): TelemetrySettings {
  const otlp = memberOf(node, 'otlp');
  const endpoint = textOf(otlp, 'endpoint');
  const headers = membersOf(memberOf(otlp, 'headers')).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  const { serviceName, otlp: defaults, sampleRatio } = DEFAULT_TELEMETRY;
  return {
    serviceName: textOr(node, 'service_name', serviceName),
    otlp: {
      ...(endpoint === undefined ? {} : { endpoint: endpoint.replace(/\/+$/, '') }),
      headers: Object.fromEntries(headers),
      metricsIntervalMs: numberOr(otlp, 'metrics_interval_s', defaults.metricsIntervalMs / 1000) * 1000,
    },
    sampleRatio: numberOr(node, 'sample_ratio', sampleRatio),
  };
}
