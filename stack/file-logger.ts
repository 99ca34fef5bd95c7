/** A Logger into a file, for library code that runs in the stack's own process while the screen is for people. */
import { errorFields, type LogFields, type Logger } from '../libs/runtime/logger.ts';
import { LogFile } from './log-file.ts';

export function createFileLogger(path: string): Logger {
  const file = new LogFile(path);
  const loggerWith = (base: LogFields): Logger => {
    const write = (level: string) => (fields: LogFields, message: string) => {
      file.add(JSON.stringify({ level, time: new Date().toISOString(), ...base, ...shown(fields), msg: message }));
    };
    return {
      debug: () => undefined,
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (fields) => loggerWith({ ...base, ...fields }),
    };
  };
  return loggerWith({});
}

function shown(fields: LogFields): LogFields {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof Error ? errorFields(value) : value,
  ]);
  return Object.fromEntries(entries) as LogFields;
}
