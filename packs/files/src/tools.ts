export { listFiles } from './tools/list-files.ts';
export { readFile } from './tools/read-file.ts';
export { searchFiles } from './tools/search-files.ts';
