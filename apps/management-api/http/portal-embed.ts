/**
 * The module that pages of operators load to show the portal in a frame. Always at the same address, and for pages of any origin:
 * who may frame the portal is said by the policy of its page.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problem-error.ts';

const headers = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'no-cache',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};

/** @param mount where the portal is, without the last slash */
export function servePortalEmbed(server: FastifyInstance, mount: string, file: string): void {
  server.get(`${mount}/embed.js`, async (request, reply) => {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new ProblemError('route_not_found');
    });
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
    reply.headers({ ...headers, etag });
    return request.headers['if-none-match'] === etag ? reply.status(304).send() : reply.send(text);
  });
}
