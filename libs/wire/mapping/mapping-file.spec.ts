import { expect, test } from '@jest/globals';
import { parseMappings } from './mapping-file.ts';
import { Mappings } from './mappings.ts';

function problemsOf(text: string): string {
  try {
    parseMappings(text);
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

test('a file is YAML or JSON', () => {
  const item = { topic: '/^shop\\./', type: 'x.${header.type}', data: { jsonata: 'value.a' } };
  for (const text of [
    JSON.stringify({ mappings: [item] }),
    'mappings:\n  - topic: /^shop\\./\n    type: x.${header.type}\n    data: {jsonata: value.a}\n',
  ]) {
    expect(parseMappings(text).map(({ topic, isAsynchronous }) => [topic, isAsynchronous])).toEqual([
      ['/^shop\\./', true],
    ]);
  }
});

test('all problems are told at once, each with its line and its path', () => {
  const text = `mappings:
  - topic: shop orders
    type: order
  - topic: /(/
    preset: debesium
    typ: x
  - topic: shop.orders
    id: \${value..id}
    type: \${valu.type}
    source: x\${topic
    subject: {json: {jsonata: 'value.['}}
    client: {jsonata: '$now()'}
    time: {of: x}
    skip: {of: '\${value.a}'}
  - just a text
more: 1
`;
  expect(problemsOf(text).split('\n')).toEqual([
    'line 16, more: is not known: there is mappings',
    'line 2, mappings[0].topic: must be the name of a topic, or a regular expression between slashes',
    'line 6, mappings[1].typ: is not known: there are topic, preset, skip, id, type, source, subject, client, time, data',
    'line 4, mappings[1].topic: is a regular expression that cannot be read',
    'line 5, mappings[1].preset: must be one of debezium, debezium-outbox',
    'line 4, mappings[1]: needs a type, or a preset that has one',
    "line 8, mappings[2].id: ${value..id} cannot be read from '..id' on",
    'line 9, mappings[2].type: ${valu.type} does not begin with value, row, key, header, topic, partition, offset, timestamp',
    "line 10, mappings[2].source: '${' without '}'",
    expect.stringContaining('line 11, mappings[2].subject: is not JSONata: '),
    'line 12, mappings[2].client: has $now, which is not taken: its result must follow from the record alone',
    'line 13, mappings[2].time: must be a text (with ${…} for places in the record), a list of such, {jsonata: …} or {json: …}',
    expect.stringContaining('line 14, mappings[2].skip: must be {of: '),
    expect.stringContaining('line 15, mappings[3]: must be an object with topic'),
  ]);
});

test.each<[string, string, string]>([
  ['no YAML', 'mappings:\n  - topic: [a\n', 'line 3: '],
  ['nothing', '', 'line 1, the file: must be an object with a list: mappings'],
  ['an empty list', 'mappings: []', 'line 1, the file: must be an object with a list: mappings'],
  ['a name twice', 'mappings:\n  - topic: a\n    type: b\n    type: c\n', 'line 4: Map keys must be unique'],
  [
    'aliases that grow',
    `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nmappings: [*c,*c,*c]`,
    'Excessive alias count',
  ],
])('%s is told', (_name, text, problem) => {
  expect(problemsOf(text)).toContain(problem);
});

test('the first mapping that fits a topic counts; names have the prefix, patterns have not', () => {
  const mappings = parseMappings(
    'mappings:\n  - {topic: orders, type: a}\n  - {topic: /orders$/, type: b}\n  - {topic: /.*/, type: c}\n',
  );
  const found = new Mappings(mappings, 'eu.');
  const topicOf = (topic: string) => found.find(topic)?.topic ?? null;
  expect(topicOf('eu.orders')).toBe('orders');
  expect(topicOf('orders')).toBe('/orders$/');
  expect(topicOf('x')).toBe('/.*/');
  // Our own topics are nobody's, but for the one that events come on.
  expect(topicOf('eu.webhook.notices')).toBeNull();
  expect(topicOf('eu.platform.events')).toBe('/.*/');
  expect(new Mappings([], '').isEmpty).toBe(true);
});
