/** The context of a call that counts the requests which are made for it. */
export interface CountsAttempts {
  noteAttempt(): void;
}

/** Tells a call that a request for it is sent now; contexts that do not count hear nothing. */
export function noteAttempt(context: object): void {
  if (counts(context)) context.noteAttempt();
}

function counts(context: object): context is CountsAttempts {
  return 'noteAttempt' in context && typeof context.noteAttempt === 'function';
}
