type Revision = '2026-07-28' | '2025-11-25';
type Checks = Readonly<Record<Revision, readonly string[]>>;

/** The extension `io.modelcontextprotocol/tasks`, which the server does not have. */
const TASKS = [
  'tasks-capability-negotiation:sep-2663-server-rejects-undeclared-client',
  'tasks-capability-negotiation:sep-2663-tasks-methods-non-declaring',
  'tasks-capability-negotiation:tasks-extension-advertised',
  'tasks-capability-negotiation:tasks-per-request-meta-opt-in',
  'tasks-dispatch-and-envelope:sep-2663-durable-create-strong-consistency',
  'tasks-dispatch-and-envelope:sep-2663-legacy-task-param-ignored',
  'tasks-dispatch-and-envelope:sep-2663-tasks-get-invalid-task-id-32602',
  'tasks-dispatch-and-envelope:tasks-immediate-result-shortcut',
  'tasks-dispatch-and-envelope:tasks-result-type-complete-on-non-task-responses',
  'tasks-dispatch-and-envelope:tasks-server-directed-creation-no-hint',
  'tasks-lifecycle:sep-2663-cancel-ack-empty-result',
  'tasks-lifecycle:sep-2663-result-type-task-on-create',
  'tasks-lifecycle:sep-2663-tasks-get-status-completed',
  'tasks-lifecycle:sep-2663-tasks-get-status-failed',
  'tasks-lifecycle:sep-2663-tasks-get-status-working',
  'tasks-lifecycle:sep-2663-tool-error-uses-completed-status',
  'tasks-lifecycle:tasks-cancel-terminal-idempotent-ack',
  'tasks-lifecycle:tasks-sync-tool-call',
  'tasks-mrtr-composition:sep-2663-mrtr-synchronous-before-task-creation',
  'tasks-mrtr-input:sep-2663-tasks-get-status-input-required',
  'tasks-mrtr-input:tasks-mrtr-partial-fulfillment',
  'tasks-mrtr-input:tasks-mrtr-tasks-update-resumes',
  'tasks-request-headers:sep-2663-routing-headers-accepted-on-tasks-get',
  'tasks-request-headers:sep-2663-server-rejects-mismatched-mcp-name-on-tasks-get',
  'tasks-request-headers:tasks-headers-tolerate-mcp-method-on-tools-call',
  'tasks-request-state-removal:tasks-request-state-removal-setup',
  'tasks-required-task-error:sep-2663-server-returns-missing-capability-when-required',
  'tasks-wire-fields:tasks-no-early-ttl-expiry',
  'tasks-wire-fields:tasks-no-related-task-meta-on-inlined-result',
  'tasks-wire-fields:tasks-wire-field-renames',
];

/** What the suite finds amiss in the server itself; a test holds the list equal to that. */
export const KNOWN_DIRECT: Checks = {
  '2026-07-28': [
    ...TASKS,
    // The SDK leaves the headers that repeat arguments to whoever knows the tools.
    'http-custom-header-server-validation:sep-2243-server-reject-invalid-param-chars',
    'http-custom-header-server-validation:sep-2243-server-reject-param-mismatch',
    'http-custom-header-server-validation:sep-2243-server-validate-param-match',
  ],
  // Events that can be read again after a break: the server keeps none.
  '2025-11-25': ['server-sse-polling:server-sse-priming-event', 'server-sse-polling:server-sse-retry-field'],
};

/** The same behind Capstan: never more than directly. */
export const KNOWN_BEHIND_CAPSTAN: Checks = {
  '2026-07-28': TASKS,
  '2025-11-25': ['server-sse-polling:server-sse-priming-event', 'server-sse-polling:server-sse-retry-field'],
};

/** What a client of one revision misses where the server speaks the other. */
export const EXPECTED_ACROSS: Checks = {
  '2026-07-28': [
    // Questions have no names in 2025-11-25.
    'input-required-result-basic-elicitation:sep-2322-elicitation-incomplete',
    'input-required-result-ignore-extra-params:sep-2322-ignore-unexpected-params',
    // The server asks one question after the other.
    'input-required-result-multiple-input-requests:sep-2322-multiple-inputs-incomplete',
  ],
  '2025-11-25': [],
};
