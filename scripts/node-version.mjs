// Parsed by whatever Node is there, so nothing in this file is newer than Node 14.

const OLDEST_MAJOR = 24;

/**
 * What to say to somebody whose Node is too old; undefined where it is not.
 *
 * @param {string} version such as `20.19.0`
 * @returns {string | undefined}
 */
export function oldNodeMessage(version) {
  if (Number.parseInt(version, 10) >= OLDEST_MAJOR) return undefined;
  return `Capstan needs Node ${OLDEST_MAJOR} or later, and this is ${version}; use npx -y pnpm@12 capstan, which brings its own.`;
}
