/** Where the API leads on: an index of its collections, and the pages that problems name as their `type`. Public. */
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import type { PortalConfig } from '../portal-config.ts';
import { acceptedForm } from './accepted-form.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';
import { ProblemError } from './problem-error.ts';
import { isProblemCode, pageForms, problemIndex, problemPage, type PageForm } from './problem-pages.ts';
import { CONFIG } from './settings.controller.ts';

/** Names of collections and their paths: `{ webhooks: '/v1/webhooks' }`. */
const collections = Object.fromEntries(
  allOperations
    .filter(({ method, path }) => method === 'get' && /^\/v1\/[a-z-]+$/.test(path))
    .map(({ path }) => [path.slice('/v1/'.length), path]),
);

@Controller()
export class IndexController {
  constructor(@Inject(CONFIG) private readonly config: PortalConfig) {}

  @Get('v1')
  index() {
    return {
      name: 'DeeperHub Webhooks',
      version: productVersion,
      links: {
        openapi: '/openapi.json',
        asyncapi: '/asyncapi.json',
        docs: '/docs',
        problems: '/problems',
        ...(this.config.PORTAL_ENABLED ? { portal: `${this.config.PORTAL_PATH}/` } : {}),
      },
      collections,
    };
  }

  @Get('problems')
  async problems(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const form = formFor(request);
    await send(reply, form, problemIndex(form));
  }

  @Get('problems/:code')
  async problem(@Param('code') code: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    if (!isProblemCode(code)) throw new ProblemError('route_not_found');
    const form = formFor(request);
    await send(reply, form, problemPage(code, form));
  }
}

function formFor({ headers }: FastifyRequest): PageForm {
  return acceptedForm(headers.accept, pageForms) ?? 'text/plain';
}

async function send(reply: FastifyReply, form: PageForm, text: string): Promise<void> {
  await reply
    .headers({ 'content-type': `${form}; charset=utf-8`, 'cache-control': 'public, max-age=60', vary: 'accept' })
    .send(text);
}
