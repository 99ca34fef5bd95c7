import { expect, test } from '@jest/globals';
import { AddressGuard } from './address-guard.ts';
import { HostRules } from './host-rules.ts';

const rules = new HostRules(
  ['Example.com', '*.partner.example', 'bücher.example', '192.0.2.7'],
  ['*.bad.partner.example'],
);

test.each([
  ['example.com', true],
  ['EXAMPLE.com.', true],
  ['www.example.com', false],
  ['notexample.com', false],
  ['a.b.partner.example', true],
  ['partner.example', false],
  ['x.bad.partner.example', false],
  ['bad.partner.example', true],
  ['xn--bcher-kva.example', true],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
])('%s is allowed: %s', (host, isAllowed) => {
  expect(rules.refusal(host) === null).toBe(isAllowed);
});

test('without a list every host is allowed but those that are denied', () => {
  const denied = new HostRules([], ['evil.example', '[2001:DB8::0:1]']);
  expect(denied.refusal('good.example')).toBeNull();
  expect(denied.refusal('evil.example')).toContain('denied');
  expect(denied.refusal('2001:db8::1')).toContain('denied');
  expect(() => new HostRules(['*'], [])).toThrow('not a host');
});

test.each([
  ['8.8.8.8', '8.8.8.8'],
  ['8.8.8.8', '::ffff:808:808'],
  ['8.8.8.8', '::ffff:8.8.8.8'],
  ['8.8.8.8', '::808:808'],
  ['8.8.8.8', '64:ff9b::808:808'],
  ['8.8.8.8', '64:ff9b:1::808:808'],
  ['8.8.8.8', '2002:808:808::1'],
  ['8.8.8.8', '2001:0:808:808::f7f7:f7f7'],
  ['[::ffff:8.8.8.8]', '8.8.8.8'],
  ['[::ffff:8.8.8.8]', '64:ff9b::808:808'],
])('%s denies %s', (pattern, host) => {
  const denied = new HostRules([], [pattern]);
  expect(denied.refusal(host)).toContain('denied');
  for (const other of ['8.8.4.4', '::ffff:808:404', '64:ff9b::808:404', '2002:808:404::1', '2606:4700::1111']) {
    expect([other, denied.refusal(other)]).toEqual([other, null]);
  }
});

const guard = new AddressGuard(
  { schemes: ['https'], ports: ['443'], disallowed: [], allowed: [], allowedHosts: ['*.example.com'], deniedHosts: [] },
  () => Promise.resolve([{ address: '8.8.8.8', family: 4 }]),
);

test('a URL is judged in whatever form its host is written', () => {
  for (const url of ['https://hooks.EXAMPLE.com/', 'https://hooks.example.com./', 'https://hooks%2eexample.com/']) {
    expect([url, guard.checkUrl(url)]).toEqual([url, null]);
  }
  for (const url of ['https://example.com/', 'https://hooks.example.com.evil.test/', 'https://8.8.8.8/']) {
    expect([url, guard.checkUrl(url)?.rule]).toEqual([url, 'host']);
  }
});

test('it is judged again when it is dialled', async () => {
  const dialled = (host: string) =>
    new Promise((resolve) => {
      guard.lookup(host, {}, (error, address) => {
        resolve(error?.message ?? address);
      });
    });
  expect(await dialled('hooks.example.com')).toBe('8.8.8.8');
  expect(await dialled('evil.test')).toContain('not among the allowed hosts');
  expect(() => {
    guard.assertLiteral('8.8.8.8');
  }).toThrow('not among the allowed hosts');
});
