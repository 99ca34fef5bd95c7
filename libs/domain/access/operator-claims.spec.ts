import { expect, test } from '@jest/globals';
import { capabilities } from './capabilities.ts';
import { readOperator, type OperatorRules } from './operator-claims.ts';

const rules: OperatorRules = {
  roleClaim: ['roles'],
  nameClaim: ['email'],
  roles: [
    { value: 'ops-admin', grant: 'admin' },
    { value: 'ops look', grant: 'view' },
    { value: 'ops-tests', grant: ['tests.send'] },
    { value: 'billing', grant: 'publisher' },
  ],
};
const said = (claims: object) => readOperator({ sub: 'u-1', ...claims }, rules);

test.each([
  [['ops-admin', 'billing'], 'admin', capabilities],
  ['ops-admin', 'admin', capabilities],
  ['openid ops-tests', 'admin', ['tests.send']],
  ['ops look', 'admin', ['payloads.read']],
  [['ops look', 'ops-tests', 4, null], 'admin', ['tests.send', 'payloads.read']],
  [['billing'], 'publisher', []],
])('%j are a role', (roles, role, held) => {
  expect(said({ roles })).toMatchObject({ kind: 'operator', operator: { role, capabilities: held } });
});

test.each([undefined, null, 'ops', ['ops-admins'], [['ops-admin']], { 0: 'ops-admin' }, 4])('%j are none', (roles) => {
  expect(said({ roles })).toEqual({ kind: 'no_role' });
});

test('a way leads through what the token itself has, and through nothing else', () => {
  const deep = { ...rules, roleClaim: ['realm_access', 'roles'] };
  expect(readOperator({ sub: 'u', realm_access: { roles: ['ops-admin'] } }, deep).kind).toBe('operator');
  const inherited = {
    ...rules,
    roleClaim: ['constructor', 'name'],
    roles: [{ value: 'Object', grant: 'admin' as const }],
  };
  expect(readOperator({ sub: 'u' }, inherited)).toEqual({ kind: 'no_role' });
});

test.each([undefined, '', 4, 'ü', 'a\nb', 'x'.repeat(241)])('a subject of %j is nobody', (sub) => {
  expect(said({ sub, roles: ['ops-admin'] })).toEqual({ kind: 'no_subject' });
});

test.each([
  ['ann@example.com', 'ann@example.com'],
  ['Ann Müller', 'Ann Müller'],
  [undefined, null],
  ['', null],
  ['a\u0007b', null],
  ['x'.repeat(201), null],
  [{}, null],
])('a name of %j is shown as %j', (email, name) => {
  expect(said({ roles: ['ops-admin'], email })).toMatchObject({ operator: { name } });
});
