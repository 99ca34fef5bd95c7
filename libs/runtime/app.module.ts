/**
 * What every app has: configuration checked at boot, JSON logs, /health/live, /health/ready, /metrics (on a port of their
 * own with OPERATIONS_PORT), a graceful stop. `runApp` is the whole of an app's main.ts.
 *
 * Order of a stop, which apps rely on: readiness goes false; Kafka consumers drain and leave (transport `close`);
 * then `onApplicationShutdown` closes producers and pools, which the drain still needed.
 */
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';
import { trustAuthorities } from './authorities.ts';
import { yieldToOthers } from './background.ts';
import { ConfigError, describeConfig, readConfig, type ConfigOf, type ConfigSpec, type Environment } from './config.ts';
import { connectionKeys } from './config-keys.ts';
import { loopDelayBucketsMs, watchEventLoop } from './event-loop-delay.ts';
import { Health } from './health.ts';
import { createLogger, errorFields, type Logger, type OnLine } from './logger.ts';
import { Metrics } from './metrics.ts';
import { monotonicMs } from './monotonic.ts';
import { operationsAddress, operationsKeys } from './operations-keys.ts';
import { operationsPaths } from './operations-problem.ts';
import { listenForOperations } from './operations-server.ts';
import { OperationsController, ProblemsOfOperations } from './operations.module.ts';
import { productVersion } from './product-version.ts';
import { startTracing, type Tracer, type Tracing } from './tracing.ts';
import { tracingKeys } from './tracing-keys.ts';

/** Injection token of {@link Logger}. */
export const LOGGER = Symbol('logger');

/** Provides Logger (by {@link LOGGER}), Health and Metrics everywhere. */
@Module({})
export class OperationsModule {
  static with(context: AppContext): DynamicModule {
    const providers = [
      { provide: LOGGER, useValue: context.logger },
      { provide: Health, useValue: context.health },
      { provide: Metrics, useValue: context.metrics },
    ];
    return {
      module: OperationsModule,
      global: true,
      controllers: context.hasOperationsApart === true ? [] : [OperationsController],
      providers,
      exports: providers,
    };
  }
}

export interface AppContext {
  readonly name: string;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Undefined while tracing is off. */
  readonly tracer?: Tracer | undefined;
  /** /health and /metrics have a port of their own: the app's own does not answer them. */
  readonly hasOperationsApart?: boolean;
}

export interface AppDefinition<Spec extends ConfigSpec> {
  readonly name: string;
  readonly config: Spec;
  /** The app's root module; it need not import OperationsModule, `runApp` adds it. */
  root(config: ConfigOf<Spec>, context: AppContext): DynamicModule | Promise<DynamicModule>;
  /** Connects transports and the like, before anything listens or is consumed. */
  prepare?(app: NestFastifyApplication, config: ConfigOf<Spec>, context: AppContext): void | Promise<void>;
  /** After listening and before anything is consumed: tables that must be complete first. Readiness is false meanwhile. */
  warmUp?(app: NestFastifyApplication): Promise<void>;
  /** Of its HTTP server; left out: the framework's own. */
  server?(config: ConfigOf<Spec>): FastifyServerOptions;
  /** True for what may come a moment later: on a machine that it shares, deliveries go first. */
  readonly isBackground?: boolean;
  /** False for an app that answers nothing but operations: with a port for these, it needs no other. */
  readonly hasApi?: boolean;
  /** Where its HTTP server listens. */
  address(config: ConfigOf<Spec>): { host: string; port: number };
}

/** Longest graceful stop; then the process ends all the same. */
const stopDeadlineMs = 9_500;
/** Of it, what a collector of spans may take, and what stays for the end itself. */
const flushMs = 2_000;
const endMs = 250;

/** Boots an app and stays until it is told to stop. Exit status: 0 stopped, 1 failed, 78 configuration (sysexits). */
export async function runApp<Spec extends ConfigSpec>(
  definition: AppDefinition<Spec>,
  env: Environment = process.env,
): Promise<void> {
  const metrics = new Metrics(definition.name);
  metrics
    .gauge('build_info', 'Always 1; its label is the version that runs', ['version'])
    .set(1, { version: productVersion });
  watchEventLoop(
    metrics.ms.histogram(
      'event_loop_delay_seconds',
      'Longest delay of the event loop in each second',
      loopDelayBucketsMs,
    ),
  );
  const logger = createLogger(definition.name, logLevelIn(env), countLines(metrics));
  exitOnUncaught(logger);
  if (definition.isBackground === true) yieldToOthers();
  try {
    const config = configured(definition, env, logger);
    trustAuthorities(env);
    logger.info({ config: describeConfig(definition.config, env) }, 'starting');
    const tracing = await tracingOf(definition, env, { logger, metrics });
    metrics.hasOldNames = readConfig(operationsKeys, env).METRICS_OLD_NAMES;
    const apart = operationsAddress(env, definition.address(config));
    const context = {
      name: definition.name,
      logger,
      health: new Health({ logger }),
      metrics,
      tracer: tracing?.tracer,
      hasOperationsApart: apart !== null,
    };
    watchReadiness(context);
    const app = await createApp(definition, config, context);
    stopOnSignal(app, context, tracing);
    // Listen first: reading tables and joining groups takes a while, and readiness should say so meanwhile.
    if (apart !== null) {
      await listenForOperations(context, apart);
      logger.info({ ...apart }, 'listening for operations');
    }
    if (apart === null || definition.hasApi === true) {
      const { host, port } = definition.address(config);
      await app.listen({ host, port });
      logger.info({ address: await app.getUrl() }, 'listening');
    } else {
      await app.init();
    }
    await definition.warmUp?.(app);
    await app.startAllMicroservices();
    logger.info({}, 'started');
  } catch (error) {
    logger.error(errorFields(error), 'cannot start');
    process.exit(1);
  }
}

/** Counts lines of the log by level. @returns what is to be called for each line */
export function countLines(metrics: Metrics): OnLine {
  const lines = metrics.counter('log_lines_total', 'Lines in the log; about endpoint: not our trouble', [
    'level',
    'about',
  ]);
  lines.zero([{ level: 'info' }, { level: 'warn' }, { level: 'error' }]);
  return (level, about) => {
    lines.inc(about === undefined ? { level } : { level, about });
  };
}

/** Before anything is connected. Ends the process when it cannot run with what the environment says. */
function configured<Spec extends ConfigSpec>(
  { name, config }: AppDefinition<Spec>,
  env: Environment,
  logger: Logger,
): ConfigOf<Spec> {
  try {
    return readConfig(config, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Whoever wants silence while it runs has to hear why it does not.
    const heard = logLevelIn(env) === 'silent' ? createLogger(name, 'error') : logger;
    for (const problem of error.problems) heard.error({ problem }, 'invalid configuration');
    return process.exit(78);
  }
}

/** `info` where it cannot be read: what is wrong is told then. */
function logLevelIn(env: Environment): string {
  try {
    return readConfig({ LOG_LEVEL: connectionKeys.LOG_LEVEL }, env).LOG_LEVEL;
  } catch {
    return 'info';
  }
}

/** The app before it listens: what {@link runApp} runs, and what tests ask without a port. */
export async function createApp<Spec extends ConfigSpec>(
  definition: AppDefinition<Spec>,
  config: ConfigOf<Spec>,
  context: AppContext,
): Promise<NestFastifyApplication> {
  const root = await definition.root(config, context);
  const app = await NestFactory.create<NestFastifyApplication>(
    { ...root, imports: [OperationsModule.with(context), ...(root.imports ?? [])] },
    new FastifyAdapter(definition.server?.(config)),
    { logger: nestLogger(context.logger), abortOnError: false },
  );
  // An API words its own.
  if (definition.hasApi !== true) {
    const paths = context.hasOperationsApart === true ? [] : operationsPaths;
    app.useGlobalFilters(new ProblemsOfOperations(context.logger, paths));
  }
  await definition.prepare?.(app, config, context);
  return app;
}

/** Null for an app that makes no spans, and while tracing is off. */
function tracingOf<Spec extends ConfigSpec>(
  { name: app, config }: AppDefinition<Spec>,
  env: Environment,
  { logger, metrics }: Pick<AppContext, 'logger' | 'metrics'>,
): Promise<Tracing | null> {
  const spans = metrics.counter('spans_total', 'Spans of sampled traces, by what became of them', ['result']);
  spans.zero([{ result: 'exported' }, { result: 'failed' }, { result: 'dropped' }]);
  if (!('OTEL_EXPORTER_OTLP_ENDPOINT' in config)) return Promise.resolve(null);
  const onSpans = (result: string, count: number) => {
    spans.inc({ result }, count);
  };
  return startTracing({ app, config: readConfig(tracingKeys, env), env, logger, onSpans });
}

function watchReadiness({ metrics, health }: AppContext): void {
  metrics.gauge('ready', '1 while /health/ready says so, else 0', [], async (gauge) => {
    gauge.set((await health.report()).status === 'ready' ? 1 : 0);
  });
}

function nestLogger(logger: Logger) {
  const say =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) => {
      logger[level]({ nest: rest.at(-1) }, String(message));
    };
  return {
    log: say('debug'),
    debug: say('debug'),
    verbose: say('debug'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('error'),
  };
}

function stopOnSignal(app: INestApplication, context: AppContext, tracing: Tracing | null): void {
  let isStopping = false;
  const stop = (cause: string) => {
    if (isStopping) return;
    isStopping = true;
    const deadline = monotonicMs() + stopDeadlineMs;
    context.health.beginStop();
    context.logger.info({ cause }, 'stopping');
    const timer = setTimeout(() => {
      context.logger.error({ stopDeadlineMs }, 'did not stop in time');
      process.exit(1);
    }, stopDeadlineMs);
    timer.unref();
    const closed = app.close().then(() => {
      // What was drained made spans too.
      return tracing?.stop(Math.max(0, Math.min(flushMs, deadline - monotonicMs() - endMs)));
    });
    closed.then(
      () => {
        context.logger.info({ cause }, 'stopped');
        // Whoever stops the process from inside, to be started again, has set one.
        process.exit(process.exitCode ?? 0);
      },
      (error: unknown) => {
        context.logger.error(errorFields(error), 'failed to stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => {
    stop('SIGTERM');
  });
  process.on('SIGINT', () => {
    stop('SIGINT');
  });
  // A supervisor that was killed closes the channel: nobody would stop this process any more.
  process.on('disconnect', () => {
    stop('supervisor gone');
  });
}

function exitOnUncaught(logger: Logger): void {
  const fail = (error: unknown) => {
    logger.error(errorFields(error), 'unexpected error, leaving');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}
