/** What every app answers on its port: /health and /metrics; and, without an API of its own, problem documents for all else. */
import { Catch, Controller, Get, HttpException, Res, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Health } from './health.ts';
import { errorFields, type Logger } from './logger.ts';
import { Metrics } from './metrics.ts';
import { noSuchOperation, operationsProblem, operationsProblemType } from './operations-problem.ts';

@Controller()
export class OperationsController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  live() {
    return { status: 'live' };
  }

  @Get('health/ready')
  async ready(@Res() reply: FastifyReply) {
    const report = await this.health.report();
    await reply.status(report.status === 'ready' ? 200 : 503).send(report);
  }

  @Get('metrics')
  async scrape(@Res() reply: FastifyReply) {
    await reply.header('content-type', this.metrics.contentType).send(await this.metrics.text());
  }
}

@Catch()
export class ProblemsOfOperations implements ExceptionFilter {
  private readonly logger: Logger;
  private readonly paths: readonly string[];

  constructor(logger: Logger, paths: readonly string[]) {
    this.logger = logger;
    this.paths = paths;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { method, url } = http.getRequest<FastifyRequest>();
    const { status, headers, body } = this.problemOf(error, method, url);
    const reply = http.getResponse<FastifyReply>().status(status).headers(headers);
    // As bytes: to a text the framework would add a charset, which this media type does not have.
    void reply.header('content-type', operationsProblemType).send(Buffer.from(JSON.stringify(body)));
  }

  private problemOf(error: unknown, method: string, url: string) {
    const status = statusOf(error);
    if (status === 404) return noSuchOperation(method, url, this.paths);
    if (status < 500) return operationsProblem(400, 'Here is nothing that takes a body.');
    this.logger.error(errorFields(error), 'an operations request failed');
    return operationsProblem(500, 'The log of the app has the details.');
  }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 500;
}
