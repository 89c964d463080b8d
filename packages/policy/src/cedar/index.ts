export { type CedarPolicy, type CedarPolicyOptions, checkPolicies, createCedarPolicy } from './cedar-policy.ts';
export type { PolicySource } from './read-policies.ts';
