/** `npm run bench`: the works that were named, one after another, each on a system of its own. */
import { endAfter, fail } from '../stack/run-verb.ts';
import { say } from '../stack/terminal.ts';
import { parseBenchCommandLine } from './command-line.ts';
import { keepResult } from './results.ts';
import { profileLines, resultLines } from './screen.ts';
import { Bench } from './work.ts';
import { works } from './works.ts';

const commandLine = parseBenchCommandLine(process.argv.slice(2), works);
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
const { works: wanted, profiled } = commandLine;

await endAfter(async (signal) => {
  for (const work of wanted) {
    say(`\n${work.name}: ${work.summary}`);
    const bench = new Bench(signal, profiled);
    const result = await work.run(bench);
    keepResult(work.name, result);
    for (const line of resultLines(work.name, result)) say(line);
    for (const profile of bench.profiles) for (const line of profileLines(profile)) say(line);
  }
});
