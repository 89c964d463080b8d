export { databaseExecute } from './tools/database-execute.ts';
export { databaseQuery } from './tools/database-query.ts';
export { describeTable } from './tools/describe-table.ts';
export { listTables } from './tools/list-tables.ts';
