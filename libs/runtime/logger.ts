/** JSON logs, one wide line per unit of work. Never a secret, a full URL query or a payload. */
import { writeSync } from 'node:fs';
import { BufferedOutput } from './buffered-output.ts';
import { maskedFields } from './masked-fields.ts';
import { monotonicMs } from './monotonic.ts';
import { levels, pino, type DestinationStream, type Logger as PinoLogger, type LoggerOptions } from 'pino';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
}

const bufferedBytesMax = 32_768;
const owedBytesMax = 4_194_304;
const flushMs = 100;
/** How long a slow reader may hold up an exit. */
const exitFlushMs = 500;

/** Hears of every line that is written. `about`: whose trouble it tells of, where that is not ours. */
export type OnLine = (level: string, about: string | undefined) => void;

export function createLogger(app: string, level: string, onLine: OnLine = () => undefined): Logger {
  const options: LoggerOptions = {
    level,
    base: { app, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }), log: (fields) => maskedFields(fields) },
    hooks: {
      logMethod(line, write, number) {
        const [fields] = line as [unknown];
        onLine(levels.labels[number] ?? 'other', isAboutEndpoint(fields) ? 'endpoint' : undefined);
        write.apply(this, line);
      },
    },
  };
  const logger: PinoLogger = pino(options, bufferedOutput());
  return logger;
}

/** Said by whoever writes the line, and counted apart: one word, so that the label is bounded. */
function isAboutEndpoint(fields: unknown): boolean {
  return typeof fields === 'object' && fields !== null && 'about' in fields && fields.about === 'endpoint';
}

/** What is buffered is written at exit too; only a process that is killed takes its last moment with it. */
function bufferedOutput(): DestinationStream {
  const output = new BufferedOutput((bytes) => writeSync(1, bytes), { bufferedBytesMax, owedBytesMax });
  let isFlushDue = false;
  // Only when there is something to write: an app that rests wakes for nothing.
  const flushSoon = () => {
    if (isFlushDue) return;
    isFlushDue = true;
    setTimeout(() => {
      isFlushDue = false;
      if (!output.flush()) flushSoon();
    }, flushMs).unref();
  };
  process.on('exit', () => {
    const deadline = monotonicMs() + exitFlushMs;
    while (!output.flush() && monotonicMs() < deadline);
  });
  return {
    write: (line) => {
      output.write(line);
      flushSoon();
    },
  };
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
