export {
  type Conclusion,
  type ConformanceReport,
  exitCodeOfReport,
  type RequirementLevel,
  type RequirementResult,
  renderJson,
  renderJunit,
  renderTable,
  type Skipped,
  type Verdict,
  type VerifyContractOptions,
  verifyContract,
} from './conformance/index.ts';
export { type ExampleResult, runExamples } from './examples/run-examples.ts';
export { type PackTest, type PackTestOptions, testPack } from './examples/test-pack.ts';
export { type FakeClock, fakeClock } from './fake-clock.ts';
export { type LoadCheck, type LoadCheckOptions, loadCheck } from './load-check.ts';
export { type RecordedAnswer, type RecordingAdapter, recordingAdapter } from './recording-adapter.ts';
export {
  type FakeService,
  type FakeServiceOptions,
  type ServiceAnswer,
  type ServiceCall,
  startFakeService,
} from './service/fake-service.ts';
export type { Fault } from './service/fault.ts';
export { createTestHost, type TestHostOptions } from './test-host.ts';
export { testConnection, testContext, testServices } from './tool-services.ts';
