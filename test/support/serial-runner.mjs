/** Runs test files one after another in this process: real servers on two cores would disturb each other's timing. */
import jestRunner from 'jest-runner';

const TestRunner = jestRunner.default ?? jestRunner;

export default class SerialRunner extends TestRunner {
  isSerial = true;
}
