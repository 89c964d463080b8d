import { allow, changing, hearing, isCall, type Mutant, refused } from './edit.ts';

export const ACCESS_MUTANTS: readonly Mutant[] = [
  hearing('never_answers', 'CONTRACT-REACH-1', ({ socket }) => {
    socket.destroy();
  }),
  hearing('right_token_refused', 'CONTRACT-AUTH-1', ({ headers }, { token }) => {
    if (headers.authorization === `Bearer ${token}`) headers.authorization = 'Bearer refused';
  }),
  hearing('no_token_accepted', 'CONTRACT-AUTH-2', (request, service) => {
    if (isCall(request) && request.headers.authorization === undefined) allow(request, service);
  }),
  hearing('any_token_accepted', 'CONTRACT-AUTH-3', (request, service) => {
    if (isCall(request) && request.headers.authorization !== undefined) allow(request, service);
  }),
  hearing('scheme_by_case', 'CONTRACT-AUTH-4', ({ headers }) => {
    if (String(headers.authorization).startsWith('bearer ')) headers.authorization = 'refused';
  }),
  changing('no_challenge', 'CONTRACT-AUTH-5', (answer) => ({ ...answer, without: ['www-authenticate'] })),
  changing('unknown_tool_is_400', 'CONTRACT-TOOL-1', (answer, request) =>
    isCall(request) && answer.status === 404 ? { ...answer, status: 400 } : answer,
  ),
  changing('odd_name_fails', 'CONTRACT-TOOL-2', (answer, { path }) =>
    path.includes('__proto__') ? refused(answer, 500) : answer,
  ),
];
