/**
 * Runs test files two at a time: what a test on real parts does is to wait, mostly, and each has names of its own on them. Not
 * more on a larger machine, since all share one Kafka and one PostgreSQL. A runner of its own also keeps them apart from
 * the unit tests, which come before and want all processors.
 */
import jestRunner from 'jest-runner';

const TestRunner = jestRunner.default ?? jestRunner;
const together = 2;

export default class PairedRunner extends TestRunner {
  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: Math.min(globalConfig.maxWorkers, together) }, context);
  }
}
