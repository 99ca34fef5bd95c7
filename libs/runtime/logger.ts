/** JSON logs, one wide line per unit of work. Never a secret, a full URL query or a payload. */
import { maskedFields } from './masked-fields.ts';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
}

const bufferedBytesMax = 8_192;
const flushMs = 100;

export function createLogger(app: string, level: string): Logger {
  const options = {
    level,
    base: { app, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }), log: (fields: LogFields) => maskedFields(fields) },
  };
  const logger: PinoLogger = pino(options, bufferedOutput());
  return logger;
}

/**
 * Lines are written together, some times a second: a write of its own for each line costs more than the work that
 * some lines report. What is buffered is written at exit too; only a process that is killed takes its last moment with it.
 */
function bufferedOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: false, minLength: bufferedBytesMax });
  setInterval(() => {
    output.flush();
  }, flushMs).unref();
  process.on('exit', () => {
    try {
      output.flushSync();
    } catch {
      // The reader of the pipe is gone, or nothing was ever written.
    }
  });
  return output;
}

/** An error as log fields; the cause chain included. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    error: error.message,
    errorName: error.name,
    ...(code === undefined ? {} : { errorCode: code }),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: errorFields(error.cause) }),
  };
}
