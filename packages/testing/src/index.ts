export { type FakeClock, fakeClock } from './fake-clock.ts';
export { type RecordedAnswer, type RecordingAdapter, recordingAdapter } from './recording-adapter.ts';
export { createTestHost, type TestHostOptions } from './test-host.ts';
export { testConnection, testContext, testServices } from './tool-services.ts';
