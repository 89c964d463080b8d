export { escapeHtml, HTML_PROFILES, type HtmlProfile, htmlToText, sanitizeHtml } from './html.ts';
export { type OpenMode, openInside, resolveInside } from './inside-folder.ts';
export { checkJson, type JsonLimits, parseJson } from './json-limits.ts';
export { pathParts } from './path-text.ts';
export { type AllowedProgram, checkProgram, type ProgramCall, type ProgramPolicy } from './program.ts';
export { type ProgramResult, type RunProgramOptions, runProgram } from './run-program.ts';
export { checkSqlIdentifier, quoteSqlIdentifier, SQL_DIALECTS, type SqlDialect } from './sql-identifier.ts';
export { checkSqlParameters, type SqlParameter, type SqlParameters } from './sql-parameters.ts';
export { checkUrl, type UrlPolicy } from './url.ts';
