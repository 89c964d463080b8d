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
export { type FakeClock, fakeClock } from './fake-clock.ts';
export { type RecordedAnswer, type RecordingAdapter, recordingAdapter } from './recording-adapter.ts';
export { createTestHost, type TestHostOptions } from './test-host.ts';
export { testConnection, testContext, testServices } from './tool-services.ts';
