/** The two signals that are sent, by the end of their URL (OTLP/HTTP, section "OTLP/HTTP Request"). */
export type OtlpSignal = 'traces' | 'metrics';

/** Sends a document of OTLP in its JSON form to `{endpoint}/v1/{signal}`. Rejects where it was not taken. */
export type OtlpSend = (signal: OtlpSignal, body: Uint8Array) => Promise<void>;

/** Who sends what is measured here. */
export interface TelemetryResource {
  /** `service.name`. */
  readonly serviceName: string;
  /** `service.version`. */
  readonly serviceVersion: string;
  /** `service.instance.id`: another one for each process. */
  readonly instanceId: string;
}
