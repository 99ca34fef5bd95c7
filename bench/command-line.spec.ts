import { expect, test } from '@jest/globals';
import { parseBenchCommandLine } from './command-line.ts';
import type { Scenario } from './scenario.ts';

const scenarioNamed = (name: string): Scenario => ({
  name,
  summary: `measures ${name}`,
  run: () => Promise.reject(new Error('not to be run')),
});
const scenarios = ['throughput', 'latency'].map(scenarioNamed);
const [throughput, latency] = scenarios;

test.each([
  { words: [], wanted: scenarios },
  { words: ['latency'], wanted: [latency] },
  { words: ['latency', 'throughput'], wanted: [latency, throughput] },
  { words: ['latency', '--webhooks', '100,100000'], wanted: [latency], sizes: [100, 100_000] },
  { words: ['--parts', 'kill,http', 'latency'], wanted: [latency], parts: ['http', 'kill'] },
  {
    words: ['latency', '--deliveries', '10000000', '--clients', '1000', '--webhooks', '200000'],
    wanted: [latency],
    sizes: [200_000],
    deliveries: 10_000_000,
    clients: 1_000,
  },
  {
    words: ['--profile', 'fanout', 'throughput', '--profile', 'dispatcher'],
    wanted: [throughput],
    profiled: ['fanout', 'dispatcher'],
  },
])('$words runs what it names', ({ words, wanted, profiled = [], ...more }) => {
  const { sizes = null, parts = null, deliveries = null, clients = null } = more;
  const options = { sizes, parts, deliveries, clients };
  expect(parseBenchCommandLine(words, scenarios)).toEqual({ kind: 'run', scenarios: wanted, profiled, ...options });
});

test.each([
  { words: ['speed'], reason: "no scenario 'speed'" },
  { words: ['--fast'], reason: "no scenario '--fast'" },
  { words: ['--profile'], reason: "not ''" },
  { words: ['--profile', 'kafka'], reason: "not 'kafka'" },
  { words: ['--webhooks', 'many'], reason: "not 'many'" },
  { words: ['--deliveries', '5'], reason: "not '5'" },
  { words: ['--clients'], reason: "not ''" },
  { words: ['--parts', 'http,all'], reason: "not 'http,all'" },
  { words: ['--webhooks', '0'], reason: "not '0'" },
  { words: ['--webhooks', '1000,100'], reason: "not '1000,100'" },
  { words: ['--webhooks', '2000000'], reason: "not '2000000'" },
])('$words is refused', ({ words, reason }) => {
  const refused = parseBenchCommandLine(words, scenarios);
  expect(refused.kind === 'refused' ? refused.sentence : refused.kind).toContain(reason);
});

test('help names every scenario', () => {
  const help = parseBenchCommandLine(['latency', '--help'], scenarios);
  expect(help.kind === 'help' ? help.text : help.kind).toMatch(/throughput[^]*latency/);
});
