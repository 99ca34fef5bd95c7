/** The API's own description: the OpenAPI document, an AsyncAPI document, and a page to read it by. Public. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { asyncApiDocument } from '../../../libs/api-contract/catalogue-documents.ts';
import { openApiDocument } from '../../../libs/api-contract/openapi.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';
import { ProblemError } from './problem-error.ts';

const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** What the page loads is all of this server; Swagger UI puts styles into its elements. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DeeperHub Webhooks API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const documentHeaders = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=60' };

const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true });\n`;

@Controller()
export class DocsController {
  private readonly asyncDocument = JSON.stringify(asyncApiDocument(productVersion, { types: [], hasMore: false }));
  private readonly document = JSON.stringify(openApiDocument(productVersion));

  @Get('openapi.json')
  async openApi(@Res() reply: FastifyReply) {
    await reply.headers(documentHeaders).send(this.document);
  }

  @Get('asyncapi.json')
  async asyncApi(@Res() reply: FastifyReply) {
    await reply.headers(documentHeaders).send(this.asyncDocument);
  }

  @Get('docs')
  async docs(@Res() reply: FastifyReply) {
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy };
    await reply.headers(headers).send(page);
  }

  @Get('docs/:file')
  async asset(@Param('file') file: string, @Res() reply: FastifyReply) {
    if (file === 'start.js') {
      await reply.header('content-type', 'text/javascript; charset=utf-8').send(startScript);
      return;
    }
    await sendAsset(file, reply);
  }

  @Get('favicon.ico')
  async favicon(@Res() reply: FastifyReply) {
    await sendAsset('favicon-32x32.png', reply);
  }
}

async function sendAsset(file: string, reply: FastifyReply): Promise<void> {
  const type = Object.hasOwn(assets, file) ? assets[file] : undefined;
  if (type === undefined) throw new ProblemError('route_not_found');
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const headers = { 'content-type': type, 'cache-control': 'public, max-age=3600' };
  await reply.headers(headers).send(readFileSync(join(folder, file)));
}
