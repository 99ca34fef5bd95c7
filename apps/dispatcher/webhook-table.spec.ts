import { describe, expect, test } from '@jest/globals';
import type { WebhookDefinition } from '../../libs/domain/webhook/webhook.ts';
import { SecretBox } from '../../libs/runtime/secret-box.ts';
import { webhookDefinition } from '../../test/support/webhook-definition.ts';
import { WebhookTable } from './webhook-table.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const boxOf = (id: string) => new SecretBox([`${id}:${Buffer.alloc(32, id).toString('base64')}`]);
const ours = boxOf('ours');
const lost = boxOf('lost');

const sealedBy = (box: SecretBox, text = secret) => [{ id: 'sec_1', sealed: box.seal(text), expiresAt: null }];

function problemOf(more: Partial<WebhookDefinition>) {
  const table = new WebhookTable(ours);
  table.apply('wh_1', webhookDefinition('wh_1', { secrets: sealedBy(ours), ...more }));
  return table.find('wh_1')?.problem;
}

describe('a webhook whose encryption key is lost says what has to be replaced', () => {
  const message = (what: string) => `${what} cannot be opened (no key lost in ENCRYPTION_KEYS): replace it`;

  test.each<[string, Partial<WebhookDefinition>, string | null]>([
    ['nothing', {}, null],
    ['its secret', { secrets: sealedBy(lost) }, message('a signing secret')],
    ['its headers', { sealedHeaders: lost.seal('{"x-a":"1"}') }, message('its headers')],
    ['its TLS material', { sealedTls: lost.seal('{"ca":"CA"}') }, message('its TLS material')],
  ])('%s', (_, more, expected) => {
    expect(problemOf(more)).toBe(expected);
  });
});
