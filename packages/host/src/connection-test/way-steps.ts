import type { ProbeProblem, ProbeStep } from '@capstan/http';
import type { ErrorCode } from '@capstan/sdk';
import type { ConnectionTestStep } from './report.ts';

const CA_HINT =
  'List the PEM file of its authority under egress.certificates in capstan.yaml; verification itself cannot be switched off.';

/** What to do about each problem on the way. docs/connections.md has the same table; a test holds them equal. */
export const WAY_PROBLEMS: Readonly<Record<ProbeProblem, { readonly code: ErrorCode; readonly hint: string }>> = {
  egress_denied: {
    code: 'CAPSTAN_EGRESS_DENIED',
    hint: 'The address is private. If it is meant, an operator allows its range in capstan.yaml, such as egress: { allow_private: [127.0.0.0/8] }.',
  },
  name_unknown: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'Correct the host in the URL, or make the name known to the resolver of this machine.',
  },
  resolver_failed: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'The resolver of this machine gives no answer; look at its network and at /etc/resolv.conf.',
  },
  refused: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'Nothing listens there. Start the service, or correct the port in the URL.',
  },
  unreachable: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'No way leads there from this machine; look at its routes, its VPN and the firewalls between.',
  },
  timeout: {
    code: 'CAPSTAN_REMOTE_TIMEOUT',
    hint: 'Somebody drops what is sent there, most often a firewall; else the service hangs.',
  },
  certificate_expired: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'Renew the certificate of the service.',
  },
  certificate_not_yet_valid: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'Set the clock of this machine, or wait until the certificate is valid.',
  },
  certificate_self_signed: { code: 'CAPSTAN_REMOTE_UNREACHABLE', hint: CA_HINT },
  certificate_unknown_authority: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: `The service should send its intermediate certificates. For an authority of your own: ${CA_HINT}`,
  },
  certificate_wrong_host: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'Call the service by a name that its certificate has, or get one with this name.',
  },
  certificate_invalid: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'Look at the certificate with "openssl s_client -connect HOST:PORT"; the message says what is wrong.',
  },
  not_tls: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    hint: 'What listens there speaks no TLS. Write http:// in the URL, or the port that has TLS.',
  },
};

/** The steps of a probe as steps of the test. */
export function wayStep(step: ProbeStep): ConnectionTestStep {
  const { name, ms } = step;
  if (step.outcome === 'passed') return { name, ms, outcome: 'passed', detail: step.detail };
  const { code, hint } = WAY_PROBLEMS[step.problem];
  return { name, ms, outcome: 'failed', reason: step.problem, error: { code, message: `${step.detail}.`, hint } };
}
