import { expect, test } from '@jest/globals';
import { accessRoles, grantsOf } from './access.ts';
import { allTopics } from './topics.ts';

const all = accessRoles.flatMap((role) => grantsOf(role, 'eu.', ['eu.platform.events', 'eu.orders']));
const shown = (role: (typeof accessRoles)[number]) =>
  grantsOf(role, 'eu.', ['eu.platform.events', 'eu.orders']).map(
    ({ resource, name, operation }) => `${operation} ${resource} ${name}`,
  );

test('every name has the prefix, and none is granted twice', () => {
  expect(all.filter(({ name }) => !name.startsWith('eu.'))).toEqual([]);
  for (const role of accessRoles) expect(new Set(shown(role)).size).toBe(shown(role).length);
});

test('somebody reads and somebody writes each topic, but for what is for data teams', () => {
  const of = (operation: string) =>
    new Set(all.filter((grant) => grant.operation === operation).map(({ name }) => name));
  const names = allTopics.map(({ name }) => `eu.${name}`);
  expect(names.filter((name) => !of('Write').has(name))).toEqual([]);
  expect(names.filter((name) => !of('Read').has(name))).toEqual(['eu.webhook.dead']);
});

test('an app that reads in a group may, and no app may more than read and write, but for the one that tells of all', () => {
  expect(shown('projector')).toEqual([
    'Read topic eu.webhook.events',
    'Read topic eu.webhook.delivery-outcomes',
    'Read topic eu.platform.events.rejected',
    'Read group eu.projector',
  ]);
  expect(shown('fanout')).toEqual(
    expect.arrayContaining(['Read topic eu.orders', 'Read topic eu.webhook.events', 'Read group eu.fanout']),
  );
  const apps = accessRoles.filter((role) => !['setup', 'operator', 'platform'].includes(role));
  // `GET /v1/system` says how far each of them is.
  const more = apps.filter((role) => shown(role).some((grant) => !/^(Read|Write) /.test(grant)));
  expect(more).toEqual(['management-api']);
  expect(shown('management-api').filter((grant) => !/^(Read|Write|Describe) /.test(grant))).toEqual([]);
});

test('what is published over HTTP is read and sent again, whatever the topics of the platform are', () => {
  const of = (role: (typeof accessRoles)[number]) =>
    grantsOf(role, 'eu.', ['eu.orders'])
      .filter(({ name }) => ['eu.platform.events', 'eu.orders'].includes(name))
      .map(({ operation, name }) => `${operation} ${name}`);
  expect(of('fanout')).toEqual(['Read eu.orders', 'Read eu.platform.events']);
  expect(of('operator').filter((one) => !one.startsWith('Describe'))).toEqual([
    'Read eu.platform.events',
    'Read eu.orders',
    'Write eu.platform.events',
  ]);
  expect(of('platform')).toEqual(['Write eu.orders']);
});

test('topics that have a mapping are read by fan-out and the operator, and belong to others otherwise', () => {
  const mapped = ['shop.public.customers', 'eu.orders'];
  const of = (role: (typeof accessRoles)[number]) =>
    grantsOf(role, 'eu.', ['eu.platform.events', 'eu.orders'], mapped)
      .filter(({ name }) => name === 'shop.public.customers')
      .map(({ operation }) => operation);
  expect(of('fanout')).toEqual(['Read']);
  expect(of('operator')).toEqual(['Describe', 'Read']);
  expect(accessRoles.filter((role) => of(role).length > 0)).toEqual(['fanout', 'operator']);
  // One that is a platform topic as well is granted once.
  const orders = grantsOf('fanout', 'eu.', ['eu.platform.events', 'eu.orders'], mapped);
  expect(orders.filter(({ name }) => name === 'eu.orders')).toHaveLength(1);
});
