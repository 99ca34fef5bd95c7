/** Runs test files one after another in this process, so that they can share what portal-environment.mjs keeps. */
import jestRunner from 'jest-runner';

const TestRunner = jestRunner.default ?? jestRunner;

export default class PortalRunner extends TestRunner {
  isSerial = true;
}
