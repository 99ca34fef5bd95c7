/**
 * Says in one last line how many tests passed and failed, after the reasons of those that were skipped. Under
 * `npm test` the line is handed to the parent, which prints it when nothing else can follow.
 */
export default class SummaryReporter {
  constructor() {
    this.skipped = [];
  }

  onTestResult(_test, result) {
    for (const { status, fullName } of result.testResults) {
      if (status === 'pending' || status === 'todo') this.skipped.push(fullName);
    }
  }

  onRunComplete(_contexts, results) {
    // A file that cannot be run has no tests to count, and is a failure all the same.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skippedCount = results.numPendingTests + results.numTodoTests;
    const skipped = skippedCount === 0 ? '' : `, ${skippedCount} skipped`;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped}`;
    const reasons = this.skipped.map((name) => `skipped: ${name}`);
    if (process.send === undefined) console.log([...reasons, line].join('\n'));
    else process.send({ reasons, line, failed });
  }
}
