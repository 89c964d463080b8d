import { Client } from 'pg';
import { openPostgresStore } from '../postgres/open-postgres-store.ts';

let databases = 0;
const withTemplate = new Set<string>();

/** Makes a database on a server that has Capstan's tables, and nothing in them. @returns its URL. */
export async function freshDatabase(url: string): Promise<string> {
  if (!withTemplate.has(url)) {
    const template = await createDatabase(url, 'create database template_capstan', 'template_capstan');
    await (await openPostgresStore({ url: template })).close();
    withTemplate.add(url);
  }
  databases += 1;
  const name = `test_${databases}`;
  return createDatabase(url, `create database ${name} template template_capstan`, name);
}

/** Makes a database without tables. @returns its URL. */
export async function emptyDatabase(url: string): Promise<string> {
  databases += 1;
  const name = `test_${databases}`;
  return createDatabase(url, `create database ${name}`, name);
}

async function createDatabase(url: string, statement: string, name: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
  return url.replace(/\/[^/]*$/, `/${name}`);
}
