/**
 * Runs test files two at a time: what a test on real parts does is to wait, mostly, and each has names of its own on them. Not
 * more on a larger machine, since all share one Kafka and one PostgreSQL. Those that time something, or want both processors
 * for three brokers, come after the others, one after another. A runner of its own also keeps them apart from the unit
 * tests, which come before and want all processors.
 */
import jestRunner from 'jest-runner';

const TestRunner = jestRunner.default ?? jestRunner;
const together = 2;

/** What comes between two moments is what these judge by, or the machine is full with one of them. */
const alone = [
  /pipeline\/.*-delays-no-other/,
  // Ten thousand POSTs, of which none may be slow enough to be tried again.
  /pipeline\/keeps-order-per-endpoint/,
  /pipeline\/definition-change-is-live-in-a-second/,
  /faults\/(a-clock-that-is-set|kill-dispatcher|server-restarts)/,
  /cluster\/three-brokers/,
  /patience\//,
];

export default class PairedRunner extends TestRunner {
  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: Math.min(globalConfig.maxWorkers, together) }, context);
  }

  async runTests(tests, watcher, options) {
    const isAlone = ({ path }) => alone.some((pattern) => pattern.test(path));
    await this.runSome(
      tests.filter((test) => !isAlone(test)),
      watcher,
      options,
    );
    await this.runSome(tests.filter(isAlone), watcher, { ...options, serial: true });
  }

  async runSome(tests, watcher, options) {
    if (tests.length > 0 && !watcher.isInterrupted()) await super.runTests(tests, watcher, options);
  }
}
