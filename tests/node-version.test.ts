import { expect, test } from 'vitest';
import { oldNodeMessage } from '../scripts/node-version.mjs';

test.each(['14.21.3', '20.19.0', '23.11.1'])('Node %s is told what to use instead', (version) => {
  expect(oldNodeMessage(version)).toContain(`this is ${version}; use npx -y pnpm@12 capstan`);
});

test.each(['24.0.0', '26.1.0', process.versions.node])('Node %s is new enough', (version) => {
  expect(oldNodeMessage(version)).toBeUndefined();
});
