import { describe, expect, test } from '@jest/globals';
import { SecretBox } from './secret-box.ts';

const keyA = `a:${Buffer.alloc(32, 1).toString('base64')}`;
const keyB = `b:${Buffer.alloc(32, 2).toString('base64')}`;

describe('secret box', () => {
  test('opens what it sealed, and never seals the same twice', () => {
    const box = new SecretBox([keyA]);
    expect(box.open(box.seal('whsec_x'))).toBe('whsec_x');
    expect(box.seal('whsec_x')).not.toBe(box.seal('whsec_x'));
    expect(box.seal('whsec_x')).not.toContain('whsec_x');
  });

  test('opens with older keys and tells which envelopes to seal again', () => {
    const old = new SecretBox([keyA]).seal('s');
    const box = new SecretBox([keyB, keyA]);
    expect(box.open(old)).toBe('s');
    expect(box.isOutdated(old)).toBe(true);
    expect(box.isOutdated(box.seal('s'))).toBe(false);
  });

  test('refuses an envelope that was changed, or named for another key', () => {
    const box = new SecretBox([keyA, keyB]);
    const sealed = box.seal('s');
    const [version, key, nonce, text = ''] = sealed.split('.');
    const flipped = Buffer.from(text, 'base64url');
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    expect(() => box.open([version, key, nonce, flipped.toString('base64url')].join('.'))).toThrow('does not open');
    expect(() => box.open([version, 'b', nonce, text].join('.'))).toThrow('does not open');
    expect(() => box.open([version, 'c', nonce, text].join('.'))).toThrow('no key c');
    expect(() => box.open('plain')).toThrow('not an envelope');
  });

  test.each([
    [[], 'names no key'],
    [['a'], 'not id:base64'],
    [['a:AAAA'], 'has 3 bytes, not 32'],
    [[keyA, keyA], 'a key id twice'],
  ])('keys %j are refused', (keys, message) => {
    expect(() => new SecretBox(keys)).toThrow(message);
  });
});
