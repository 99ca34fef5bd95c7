/**
 * To be loaded before an app (`NODE_OPTIONS=--import=…`): at each SIGUSR2 its wall clock jumps by the next of
 * TEST_CLOCK_STEPS_MS, milliseconds with commas between them. The monotonic clock and timers go on, as they do when
 * somebody sets the clock of a machine.
 */
const steps = (process.env['TEST_CLOCK_STEPS_MS'] ?? '').split(',').map(Number);
const RealDate = Date;
const realNow = RealDate.now;
let aheadMs = 0;

process.on('SIGUSR2', () => {
  aheadMs += steps.shift() ?? 0;
});

function now() {
  return realNow() + aheadMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
