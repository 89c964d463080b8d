/** A part of a text that looks like a credential, and what it looks like. */
export interface SecretShape {
  readonly what: string;
  readonly start: number;
  readonly token: string;
}

/** Forms that issuers of credentials give them, so that they can be found. */
const KNOWN_FORMS: readonly (readonly [string, RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,4000}/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[opsur]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})\b/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20,255}/],
  ['a Google key', /\b(?:AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,500})/],
  ['a Hugging Face token', /\bhf_[A-Za-z0-9]{20,255}\b/],
  ['a JSON Web Token', /\beyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{10,500}/],
  ['a key of a model provider', /\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,255}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{30,255}\b/],
  ['a PyPI token', /\bpypi-[A-Za-z0-9_-]{30,1000}/],
  ['a SendGrid key', /\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}/],
  ['a Shopify token', /\bshp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}\b/],
  ['a Slack token', /\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,255}/],
  ['a Stripe key', /\b(?:[rs]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,255}\b/],
  ['a password in a URL', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@'"${}<>]{1,200}:(?<token>[^\s/:@'"${}<>]{3,200})@/i],
  ['a bearer token', /\b[Bb]earer (?<token>[A-Za-z0-9_.~+/=-]{20,500})/],
];

const SECRET_NAME = /(?:key|token|secret|passw(?:or)?d|passphrase|credentials?|authorization|pwd)$/i;
const PLACEHOLDER =
  /^(?:your|my|some|the|change|replace|example|sample|dummy|fake|test|placeholder|todo|insert)|x{4,}|\*{3,}|\.\.\./i;
const MIN_TOKEN_LENGTH = 16;
const MIN_ENTROPY_BITS = 3.2;

/**
 * Finds what looks like a credential in a text: a form that an issuer gives, or a long random word under a name such as
 * `api_key`. Words that stand in for one (`your-token`, `${TOKEN}`) are passed over.
 */
export function secretIn(text: string, name: string | undefined): SecretShape | undefined {
  for (const [what, form] of KNOWN_FORMS) {
    const match = form.exec(text);
    const token = match?.groups?.token ?? match?.[0];
    if (!match || token === undefined || PLACEHOLDER.test(token)) continue;
    return { what, start: match.index + match[0].lastIndexOf(token), token };
  }
  if (name === undefined || !SECRET_NAME.test(name) || !looksRandom(text)) return undefined;
  return { what: `the value of '${name}'`, start: 0, token: text };
}

function looksRandom(text: string): boolean {
  if (text.length < MIN_TOKEN_LENGTH || !/^[A-Za-z0-9_.~+/=:-]+$/.test(text) || PLACEHOLDER.test(text)) return false;
  return /\d/.test(text) && /[A-Za-z]/.test(text) && entropyBits(text) >= MIN_ENTROPY_BITS;
}

/** Shannon's entropy of a text by its own frequencies, in bits per character. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
