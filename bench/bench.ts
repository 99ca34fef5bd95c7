/** `npm run bench`: the scenarios that were named, one after another, each on a system of its own. */
import { endAfter, fail } from '../stack/run-verb.ts';
import { say } from '../stack/terminal.ts';
import { parseBenchCommandLine } from './command-line.ts';
import { chartsOf } from './charts.ts';
import { plotSvg } from './plot.ts';
import { keepPlot, keepResult, keptResults } from './results.ts';
import { comparisonLines, profileLines, resultLines } from './screen.ts';
import { Bench } from './scenario.ts';
import { scenarios } from './scenarios.ts';

const commandLine = parseBenchCommandLine(process.argv.slice(2), scenarios);
switch (commandLine.kind) {
  case 'help':
    say(commandLine.text);
    process.exit(0);
  // eslint-disable-next-line no-fallthrough -- the process has ended
  case 'refused':
    fail(commandLine.sentence);
  // eslint-disable-next-line no-fallthrough -- the process has ended
  case 'run':
    break;
}
const { scenarios: wanted, profiled, ...options } = commandLine;

await endAfter(async (signal) => {
  for (const scenario of wanted) {
    say(`\n${scenario.name}: ${scenario.summary}`);
    const bench = new Bench(signal, profiled, options);
    const result = await scenario.run(bench);
    for (const line of resultLines(scenario.name, result)) say(line);
    if (profiled.length > 0) {
      for (const profile of bench.profiles) for (const line of profileLines(profile)) say(line);
      say('\n   Not kept beside other runs: a profile has its price.');
      continue;
    }
    keepResult(scenario.name, result);
    const all = keptResults(scenario.name);
    for (const line of comparisonLines(all)) say(line);
    const runs = all.map(({ at, commit }) => `${at.slice(0, 16).replace('T', ' ')} ${commit}`);
    say(`\n   Plot: ${keepPlot(scenario.name, plotSvg(scenario.name, chartsOf(all), runs))}`);
  }
});
