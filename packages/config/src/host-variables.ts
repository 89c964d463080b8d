/** Prefixes of variables that belong to the host: its own settings, and what steers the runtime, the loader and the package managers under it. */
const HOST_PREFIXES = [
  'CAPSTAN_',
  'NODE_',
  'NPM_',
  'PNPM_',
  'LD_',
  'DYLD_',
  'UV_',
  'OPENSSL_',
  'XDG_',
  'SSH_',
  'SUDO_',
];

/** Variables of the operating system and the shell that started the host, and those that the host reads itself. */
const HOST_NAMES: ReadonlySet<string> = new Set([
  ...['PORT', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'],
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'PWD', 'OLDPWD', 'TERM', 'TMPDIR', 'TMP', 'TEMP', 'MAIL', '_'],
  ...[
    'PATHEXT',
    'COMSPEC',
    'SYSTEMROOT',
    'WINDIR',
    'USERNAME',
    'USERPROFILE',
    'APPDATA',
    'LOCALAPPDATA',
    'PROGRAMDATA',
  ],
]);

/** Whether a variable belongs to the host itself: no pack, connection or operator text can read it. Windows ignores case in names, so this does too. */
export function isHostVariable(name: string): boolean {
  const upper = name.toUpperCase();
  return HOST_NAMES.has(upper) || HOST_PREFIXES.some((prefix) => upper.startsWith(prefix));
}
