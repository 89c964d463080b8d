export type { Policy, PolicyDecision, PolicyExplanation, PolicyPlace, PolicyQuestion } from './policy.ts';
