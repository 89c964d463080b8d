type Revision = '2026-07-28' | '2025-11-25';
type Checks = Readonly<Record<Revision, readonly string[]>>;

/** What the suite finds amiss in the server itself; a test holds the list equal to that. */
export const KNOWN_DIRECT: Checks = {
  '2026-07-28': [
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
  '2026-07-28': [],
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
