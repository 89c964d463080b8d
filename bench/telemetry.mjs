// What observing a call costs: counting, which is always on in a server, and tracing, which is on where a collector is named.
// Aims: counting under 1 µs a call; nothing at all without an observer.
import { CallMetrics, MetricRegistry, prometheusText } from '../packages/telemetry/src/index.ts';
import { openTracing } from '../packages/telemetry/src/otlp/index.ts';

const ROUNDS = 300_000;
const call = {
  executionId: 'exe_00000000-0000-7000-8000-000000000000',
  workspaceId: 'default',
  surface: 'mcp',
  request: { tool: 'echo' },
  tool: { definition: { id: 'app.echo' } },
  connectionId: undefined,
  attempts: 1,
};
const outcome = { status: 'succeeded', executionId: call.executionId, result: { value: null } };
const registry = new MetricRegistry();
const counting = new CallMetrics(registry, () => performance.now());
const resource = { serviceName: 'bench', serviceVersion: '0', instanceId: '0' };
const fail = (error) => {
  throw error;
};

report('counting', counting);
for (const sampleRatio of [0, 1]) {
  const tracing = openTracing({ resource, send: async () => {}, sampleRatio, onError: fail });
  report(`counting and tracing, ${sampleRatio * 100} % kept`, tracing.tracing(counting));
  await tracing.close();
}
const startedAt = performance.now();
const text = prometheusText(registry.snapshot());
print(`/metrics of ${text.length} characters: ${(performance.now() - startedAt).toFixed(2)} ms`);

function report(name, observer) {
  for (let round = 0; round < ROUNDS / 5; round += 1) observer.begin(call).end(outcome);
  const from = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) observer.begin(call).end(outcome);
  print(`${name}: ${(((performance.now() - from) * 1000) / ROUNDS).toFixed(2)} µs a call`);
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
