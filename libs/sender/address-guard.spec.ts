import { describe, expect, test } from '@jest/globals';
import {
  AddressGuard,
  NameError,
  RefusedAddressError,
  refusedWords,
  type EgressRules,
  type RefusedName,
} from './address-guard.ts';
import type { ResolvedAddress } from './name-resolver.ts';

const production: EgressRules = { schemes: ['https'], ports: ['443', '8443'], disallowed: [], allowed: [] };
const development: EgressRules = {
  schemes: ['https', 'http'],
  ports: ['*'],
  disallowed: [],
  allowed: ['127.0.0.0/8', '::1/128'],
};
const anyPort: EgressRules = { ...production, schemes: ['https', 'http'], ports: ['*'] };

describe('in production', () => {
  const guard = new AddressGuard(production);

  test.each([
    'https://example.com/hooks',
    'https://example.com:8443/hooks?a=1&b=%0d%0a',
    'https://example.com./',
    'https://hooks_1.example.com/',
    'https://xn--exmple-cua.com/',
    'https://exämple.com/ü',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'HTTPS://EXAMPLE.COM/',
    'https://localhost.example.com/',
    'https://example.com/#fragment',
  ])('%s is taken', (url) => {
    expect(guard.checkUrl(url)).toBeNull();
  });

  test.each([
    ['http://example.com/', 'scheme'],
    ['ftp://example.com/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['javascript://example.com/', 'scheme'],
    ['https://example.com:80/', 'port'],
    ['https://example.com:22/', 'port'],
    ['https://example.com:0/', 'port'],
    ['https://user:pass@example.com/', 'userinfo'],
    ['https://user@example.com/', 'userinfo'],
    ['https://@example.com/', 'userinfo'],
    ['https://example.com@10.0.0.1/', 'userinfo'],
    ['https://localhost/', 'host'],
    ['https://LOCALHOST/', 'host'],
    ['https://localhost./', 'host'],
    ['https://foo.localhost/', 'host'],
    ['https://foo.localhost./', 'host'],
    ['https://localhost.localdomain/', 'host'],
    ['https://localhost.localdomain./', 'host'],
    ['https://ip6-localhost/', 'host'],
    ['https://ip6-loopback/', 'host'],
    ['https://metadata.google.internal/', 'host'],
    ['https://metadata.google.internal./', 'host'],
    ['https://localhost。/', 'host'],
    ['https://example..com/', 'host'],
    ['https://-example.com/', 'host'],
    [`https://${'a'.repeat(64)}.com/`, 'host'],
    ['https://[fe80::1%25eth0]/', 'host'],
    ['https://[fe80::1%eth0]/', 'host'],
    ['https://127.0.0.1/', 'address'],
    ['https://127.0.0.1./', 'address'],
    ['https://127.1/', 'address'],
    ['https://2130706433/', 'address'],
    ['https://0x7f000001/', 'address'],
    ['https://0x7f.1/', 'address'],
    ['https://0177.0.0.1/', 'address'],
    ['https://017700000001/', 'address'],
    ['https://１２７.0.0.1/', 'address'],
    ['https://0/', 'address'],
    ['https://10.0.0.1/', 'address'],
    ['https://169.254.169.254/latest/meta-data/', 'address'],
    ['https://168.63.129.16/', 'address'],
    ['https://100.100.100.200/', 'address'],
    ['https://[::1]/', 'address'],
    ['https://[::]/', 'address'],
    ['https://[::ffff:127.0.0.1]/', 'address'],
    ['https://[::127.0.0.1]/', 'address'],
    ['https://[::7f00:1]/', 'address'],
    ['https://[64:ff9b::7f00:1]/', 'address'],
    ['https://[64:ff9b:1::7f00:1]/', 'address'],
    ['https://[2002:7f00:1::]/', 'address'],
    ['https://[2001:0:808:808:0:0:80ff:fffe]/', 'address'],
    ['https://[fec0::1]/', 'address'],
    ['https://[fd00:ec2::254]/', 'address'],
    ['https://exam\tple.com/', 'characters'],
    ['https://example.com/\r\nX: 1', 'characters'],
    ['https://example.com/a b', 'characters'],
    [' https://example.com/', 'characters'],
    ['https://example.com/\u0000', 'characters'],
    ['https://example.com/\u007f', 'characters'],
    ['https://example.com/\u0085', 'characters'],
    ['https:\\\\example.com\\', 'characters'],
    ['https://example.com\\@10.0.0.1/', 'characters'],
    ['', 'format'],
    ['example.com', 'format'],
    ['/hooks', 'format'],
    ['//example.com/', 'format'],
    ['https:example.com', 'format'],
    ['https://', 'format'],
    ['https:///path', 'format'],
    ['https://example.com:99999/', 'format'],
    ['https://ex%00ample.com/', 'format'],
    ['https://256.1.1.1/', 'format'],
    ['https://1.2.3.4.5/', 'format'],
    [`https://example.com/${'a'.repeat(2048)}`, 'format'],
  ])('%j is refused by the rule %s', (url, rule) => {
    const refusal = guard.checkUrl(url);
    expect(refusal?.rule).toBe(rule);
    expect(refusal?.message).toMatch(/^.+\.$/s);
  });

  test('a refusal says what would be allowed', () => {
    expect(guard.checkUrl('http://example.com/')?.message).toBe('http is not among the allowed schemes: https.');
    expect(guard.checkUrl('https://example.com:22/')?.message).toBe(
      'Port 22 is not among the allowed ports: 443, 8443.',
    );
  });
});

describe('in development', () => {
  const guard = new AddressGuard(development);

  test.each(['http://127.0.0.1:3999/hooks', 'https://127.0.0.1:1/', 'http://[::1]:8080/', 'http://2130706433/'])(
    'loopback is open: %s',
    (url) => {
      expect(guard.checkUrl(url)).toBeNull();
    },
  );

  test.each([
    ['http://localhost:3999/', 'host'],
    ['http://10.0.0.1/', 'address'],
    ['http://[64:ff9b::7f00:1]/', 'address'],
    ['http://169.254.169.254/', 'address'],
  ])('%s stays refused by the rule %s', (url, rule) => {
    expect(guard.checkUrl(url)?.rule).toBe(rule);
  });
});

describe('ports', () => {
  test.each([
    [['443'], 'https://a.example/', true],
    [['443'], 'http://a.example/', false],
    [['80'], 'http://a.example/', true],
    [['8000-8999'], 'https://a.example:8000/', true],
    [['8000-8999'], 'https://a.example:8999/', true],
    [['8000-8999'], 'https://a.example:9000/', false],
    [['*'], 'https://a.example:65535/', true],
    [[], 'https://a.example/', false],
  ])('%j for %s: %s', (ports, url, isAllowed) => {
    expect(new AddressGuard({ ...anyPort, ports }).checkUrl(url) === null).toBe(isAllowed);
  });
});

describe('a rule that cannot be read', () => {
  test.each([
    [{ schemes: ['gopher'] }, 'ALLOWED_URL_SCHEMES'],
    [{ ports: ['http'] }, 'ALLOWED_PORTS'],
    [{ ports: ['0'] }, 'ALLOWED_PORTS'],
    [{ ports: ['70000'] }, 'ALLOWED_PORTS'],
    [{ ports: ['9-8'] }, 'ALLOWED_PORTS'],
    [{ disallowed: ['10.0.0.0/40'] }, 'DISALLOWED_IP_RANGES'],
    [{ allowed: ['loopback'] }, 'EGRESS_ALLOW'],
  ])('%j stops the start with the name of its key', (broken, key) => {
    expect(() => new AddressGuard({ ...production, ...broken })).toThrow(key);
  });
});

describe('the lookup of a connection', () => {
  function lookup(found: readonly ResolvedAddress[] | Error, all: boolean): Promise<unknown> {
    const guard = new AddressGuard(production, () =>
      found instanceof Error ? Promise.reject(found) : Promise.resolve(found),
    );
    return new Promise((resolve, reject) => {
      guard.lookup('hooks.example', { all }, (error, address, family) => {
        if (error === null) resolve(all ? address : [address, family]);
        else reject(error);
      });
    });
  }
  const four: ResolvedAddress = { address: '8.8.8.8', family: 4 };
  const six: ResolvedAddress = { address: '2606:4700::1111', family: 6 };

  test('hands out every address, or the first', async () => {
    await expect(lookup([four, six], true)).resolves.toEqual([four, six]);
    await expect(lookup([four, six], false)).resolves.toEqual(['8.8.8.8', 4]);
  });

  const refused: ResolvedAddress[] = [
    { address: '10.0.0.1', family: 4 },
    { address: '0.0.0.0', family: 4 },
    { address: 'fd00:ec2::254', family: 6 },
  ];

  test('passes over those that are refused', async () => {
    await expect(lookup([...refused, four, six], true)).resolves.toEqual([four, six]);
    await expect(lookup([...refused, four, six], false)).resolves.toEqual(['8.8.8.8', 4]);
  });

  test.each(['0.0.0.0', '::', '::ffff:0.0.0.0'])('takes %s, the answer of a filter, for none', async (address) => {
    const answer = lookup([{ address, family: address.includes(':') ? 6 : 4 }], true);
    await expect(answer).rejects.toBeInstanceOf(NameError);
    await expect(answer).rejects.toThrow(`a name server answered ${address}, which is not an address`);
  });

  test('refuses the name when all of its addresses are refused', async () => {
    const answer = lookup(refused, true);
    await expect(answer).rejects.toBeInstanceOf(RefusedAddressError);
    await expect(answer).rejects.toThrow('hooks.example resolves to a private or blocked address, which is refused');
  });

  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '64:ff9b::a00:1', '198.51.100.7'])(
    'tells the owner of the webhook neither that the name means %s nor of which kind that is; the log has both',
    async (address) => {
      const refused: RefusedName[] = [];
      const rules = { ...production, disallowed: ['198.51.100.0/24'] };
      const guard = new AddressGuard(
        rules,
        () => Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]),
        (one) => refused.push(one),
      );
      const error = await new Promise<Error | null>((resolve) => {
        guard.lookup('hooks.example', { all: true }, resolve);
      });
      expect(error?.message).toBe(`hooks.example resolves to ${refusedWords}`);
      expect(refused).toEqual([{ hostname: 'hooks.example', address, reason: guard.checkAddress(address) }]);
    },
  );

  test('says that a name is not there', async () => {
    const missing = lookup(Object.assign(new Error('queryA'), { code: 'ENOTFOUND' }), true);
    await expect(missing).rejects.toBeInstanceOf(NameError);
    await expect(missing).rejects.toThrow(
      'hooks.example was not resolved: there is no such name, or it has no address',
    );
    await expect(lookup([], true)).rejects.toBeInstanceOf(NameError);
  });

  test('#50 says of a name of one word that it has to be complete', async () => {
    const asked = (hostname: string, code: string) => {
      const guard = new AddressGuard(production, () => Promise.reject(Object.assign(new Error('queryA'), { code })));
      return new Promise<string | undefined>((resolve) => {
        guard.lookup(hostname, { all: true }, (error) => {
          resolve(error?.message);
        });
      });
    };
    const hint = 'names must be complete, no search domain is added';
    expect(await asked('receiver', 'ENOTFOUND')).toBe(
      `receiver was not resolved: there is no such name, or it has no address; ${hint}`,
    );
    expect(await asked('receiver.', 'ENODATA')).toContain(hint);
    expect(await asked('receiver', 'ETIMEOUT')).not.toContain(hint);
    expect(await asked('receiver.ns.svc.cluster.local', 'ENOTFOUND')).not.toContain(hint);
  });

  test.each([
    ['ESERVFAIL', 'the name servers failed (ESERVFAIL)'],
    ['EREFUSED', 'the name servers failed (EREFUSED)'],
    ['EBADRESP', 'the name servers gave an answer that cannot be read (EBADRESP)'],
    ['ECONNREFUSED', 'the name servers did not answer'],
  ])('tells %s as "%s"', async (code, words) => {
    const guard = new AddressGuard(production, () => Promise.reject(Object.assign(new Error(code), { code })));
    const told = new Promise<string | undefined>((resolve) => {
      guard.lookup('hooks.example.com', { all: true }, (error) => {
        resolve(error?.message);
      });
    });
    expect(await told).toBe(`hooks.example.com was not resolved: ${words}`);
  });
});

describe('an address in place of a name', () => {
  const guard = new AddressGuard(production);

  test('is judged though nothing is looked up', () => {
    expect(() => {
      guard.assertLiteral('169.254.169.254');
    }).toThrow(RefusedAddressError);
    expect(() => {
      guard.assertLiteral('::1');
    }).toThrow(RefusedAddressError);
    guard.assertLiteral('8.8.8.8');
    guard.assertLiteral('hooks.example');
  });
});
