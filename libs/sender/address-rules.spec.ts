import { describe, expect, test } from '@jest/globals';
import { AddressRules } from './address-rules.ts';

const strict = new AddressRules([], []);

describe('an address that may be dialled', () => {
  test.each([
    ['an ordinary IPv4', '8.8.8.8'],
    ['next to a private range', '172.32.0.1'],
    ['next to another private range', '172.15.255.255'],
    ['next to loopback', '128.0.0.1'],
    ['next to Azure’s agent', '168.63.129.17'],
    ['an ordinary IPv6', '2606:4700::1111'],
    ['an ordinary IPv4, mapped', '::ffff:8.8.8.8'],
    ['an ordinary IPv4 through NAT64', '64:ff9b::808:808'],
    ['an ordinary IPv4 through 6to4', '2002:808:808::1'],
  ])('is %s: %s', (_what, address) => {
    expect(strict.refusal(address)).toBeNull();
  });
});

describe('an address that may not be dialled', () => {
  test.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'carrier grade nat'],
    ['169.254.1.1', 'link local'],
    ['192.0.0.8', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['192.88.99.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['198.51.100.1', 'reserved'],
    ['203.0.113.1', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'link local'],
    ['fe80::1%eth0', 'link local'],
    ['fc00::1', 'unique local'],
    ['fd12:3456::1', 'unique local'],
    ['fec0::1', 'site local'],
    ['feff::1', 'site local'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'reserved'],
    ['3fff::1', 'reserved'],
    ['100::1', 'discard'],
    ['5f00::1', 'segment routing'],
    ['4000::1', 'outside of global unicast'],
    ['64:ff9b:2::1', 'outside of global unicast'],
    ['::127.0.0.1', 'loopback'],
    ['::7f00:1', 'IPv4-compatible'],
    ['::808:808', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:a00:1', 'private'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['::ffff:0:127.0.0.1', 'rfc6145'],
    ['64:ff9b::7f00:1', 'NAT64 form of 127.0.0.1, which is a loopback'],
    ['64:ff9b::10.0.0.1', 'NAT64 form of 10.0.0.1'],
    ['64:ff9b::a9fe:a9fe', 'NAT64 form of 169.254.169.254, which is a metadata'],
    ['64:ff9b::a83f:8110', 'NAT64 form of 168.63.129.16'],
    ['64:ff9b:1::7f00:1', 'NAT64 for local use'],
    ['64:ff9b:1:ffff::10.0.0.1', 'NAT64 for local use'],
    ['2002:7f00:1::', '6to4 form of 127.0.0.1'],
    ['2002:a00:1::1', '6to4 form of 10.0.0.1'],
    ['2001:0:a00:1::', 'Teredo form of 10.0.0.1'],
    ['2001:0:808:808:0:0:80ff:fffe', 'Teredo form of 127.0.0.1'],
    ['2001:0:808:808:0:0:f5ff:fffe', 'Teredo form of 10.0.0.1'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['192.0.0.192', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['fd00:0ec2:0:0:0:0:0:254', 'metadata'],
    ['fd20:ce::254', 'metadata'],
    ['example.com', 'no IP address'],
    ['', 'no IP address'],
  ])('is %s: %s', (address, reason) => {
    expect(strict.refusal(address)).toContain(reason);
  });
});

describe('EGRESS_ALLOW', () => {
  const opened = new AddressRules([], ['127.0.0.0/8', '::1', '10.1.0.0/16', '169.254.0.0/16', 'fd00::/8']);

  test.each(['127.0.0.1', '127.9.9.9', '::1', '10.1.2.3', '::ffff:127.0.0.1', 'fd00::5'])('opens %s', (address) => {
    expect(opened.refusal(address)).toBeNull();
  });

  test.each([
    ['what it does not name', '10.2.0.1'],
    ['metadata inside of what it names', '169.254.169.254'],
    ['IPv6 metadata inside of what it names', 'fd00:ec2::254'],
    ['what it names, tunnelled through NAT64', '64:ff9b::7f00:1'],
    ['what it names, tunnelled through 6to4', '2002:7f00:1::'],
    ['what it names, as a compatible address', '::7f00:1'],
  ])('does not open %s: %s', (_what, address) => {
    expect(opened.refusal(address)).not.toBeNull();
  });

  describe('#64 of a prefix of NAT64 for local use', () => {
    test.each<[string, string, string | null]>([
      ['64:ff9b:1::/96', '64:ff9b:1::808:808', null],
      ['64:ff9b:1::/48', '64:ff9b:1:808:8:800::', null],
      ['64:ff9b:1::/48', '64:ff9b:1::808:808', null],
      ['64:ff9b:1:7700::/56', '64:ff9b:1:7708:8:808::', null],
      ['64:ff9b:1:1::/64', '64:ff9b:1:1:8:808:800::', null],
      ['64:ff9b:1::/96', '64:ff9b:1::a00:1', 'NAT64 form of 10.0.0.1, which is a private'],
      ['64:ff9b:1::/96', '64:ff9b:1::a9fe:a9fe', 'NAT64 form of 169.254.169.254, which is a metadata'],
      ['64:ff9b:1::/48', '64:ff9b:1:a00:0:100::', 'NAT64 form of 10.0.0.1'],
      ['64:ff9b:1::/48', '64:ff9b:1::7f00:1', 'NAT64 form of 127.0.0.1'],
      ['64:ff9b:1::/96', '64:ff9b:1:1::808:808', 'which EGRESS_ALLOW may open'],
    ])('%s: %s', (prefix, address, refusal) => {
      const said = new AddressRules([], [prefix]).refusal(address);
      if (refusal === null) expect(said).toBeNull();
      else expect(said).toContain(refusal);
    });

    test('what is opened besides is opened behind the translator', () => {
      expect(new AddressRules([], ['64:ff9b:1::/96', '10.0.0.0/8']).refusal('64:ff9b:1::a00:1')).toBeNull();
      expect(new AddressRules(['8.8.0.0/16'], ['64:ff9b:1::/96']).refusal('64:ff9b:1::808:808')).toContain(
        'DISALLOWED_IP_RANGES',
      );
    });
  });

  test('of everything still opens no metadata address', () => {
    const all = new AddressRules([], ['0.0.0.0/0', '::/0']);
    expect(all.refusal('192.168.0.1')).toBeNull();
    expect(all.refusal('169.254.169.254')).toContain('metadata');
    for (const none of ['0.0.0.0', '::', '::ffff:0.0.0.0']) expect(all.refusal(none)).toContain('unspecified');
  });
});

describe('DISALLOWED_IP_RANGES', () => {
  const closed = new AddressRules(['8.8.0.0/16', '2606:4700::/32', '127.0.0.2'], ['127.0.0.0/8']);

  test.each(['8.8.8.8', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::', '2606:4700::1', '127.0.0.2'])(
    'closes %s',
    (address) => {
      expect(closed.refusal(address)).toContain('DISALLOWED_IP_RANGES');
    },
  );

  test.each(['8.9.0.1', '127.0.0.1'])('leaves %s', (address) => {
    expect(closed.refusal(address)).toBeNull();
  });
});

describe('a rule that cannot be read', () => {
  test.each(['10.0.0.0/33', 'example.com', '10.0.0/8x', '::ffff:10.0.0.0/104', ''])('is named: %j', (text) => {
    expect(() => new AddressRules([text], [])).toThrow(
      `DISALLOWED_IP_RANGES has an item that is not a CIDR: '${text}'`,
    );
    expect(() => new AddressRules([], [text])).toThrow(`EGRESS_ALLOW has an item that is not a CIDR: '${text}'`);
  });
});
