export { renderJson } from './render-json.ts';
export { renderJunit } from './render-junit.ts';
export { renderTable } from './render-table.ts';
export { type Conclusion, type ConformanceReport, exitCodeOfReport, type RequirementResult } from './report.ts';
export type { RequirementLevel, Skipped, Verdict } from './requirement.ts';
export { type VerifyContractOptions, verifyContract } from './verify-contract.ts';
