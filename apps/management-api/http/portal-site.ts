/**
 * The portal as files: one page for every address below its path, its assets, and what the page has to know of this
 * installation. In: what `npm run build` made. Holds: nothing of a client is in any of it; the page may load what is of this
 * origin and nothing else; an asset that is gone is never answered with the page.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../../libs/runtime/logger.ts';
import { portalPathParts, type PortalConfig } from '../portal-config.ts';
import { servePortalEmbed } from './portal-embed.ts';
import { ProblemError } from './problem-error.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';

/** Made by the build; null: nothing was built. Bundled code lies two levels below dist/, sources three below the root. */
function builtPortal(): string | null {
  const here = import.meta.dirname;
  const folders = [join(here, '..', '..', 'portal'), join(here, '..', '..', '..', 'dist', 'portal')];
  return folders.find((folder) => existsSync(join(folder, 'manifest.json'))) ?? null;
}

/** What stands in the built page for where it is. */
const builtBase = '<base href="/portal/" />';

/** The portal below its path. Where there is none, its addresses are no routes. */
export function preparePortal(server: FastifyInstance, config: PortalConfig, logger: Logger): void {
  const folder = config.PORTAL_ENABLED ? builtPortal() : null;
  if (folder !== null) {
    servePortal(server, config, folder);
    return;
  }
  if (config.PORTAL_ENABLED) logger.warn({}, "no portal: 'npm run build' makes it");
}

function servePortal(server: FastifyInstance, config: PortalConfig, folder: string): void {
  const { mount } = portalPathParts(config.PORTAL_PATH);
  const policy = pageHeaders(config);
  const configuration = {
    brand: { name: config.PORTAL_BRAND_NAME },
    refreshUrl: config.PORTAL_REFRESH_URL,
    traceUrl: config.PORTAL_TRACE_URL,
    frameAncestors: config.PORTAL_FRAME_ANCESTORS,
    version: productVersion,
  };
  const page = new PortalPage(join(folder, 'index.html'), `${config.PORTAL_PATH}/`, JSON.stringify(configuration));
  const sendPage = async (request: FastifyRequest, reply: FastifyReply) => {
    const { text, etag } = await page.read();
    reply.headers(policy).header('etag', etag);
    // A page with an X-Frame-Options could be framed by nobody, whatever its policy lists.
    if (config.PORTAL_FRAME_ANCESTORS.length > 0) reply.removeHeader('x-frame-options');
    if (request.headers['if-none-match'] === etag) return reply.status(304).send();
    return reply.header('content-type', 'text/html; charset=utf-8').send(text);
  };
  const toPortal = (_request: FastifyRequest, reply: FastifyReply) => reply.redirect(`${config.PORTAL_PATH}/`, 302);
  server.get('/', toPortal);
  server.get(mount, toPortal);
  server.get(`${mount}/`, sendPage);
  server.get(`${mount}/*`, sendPage);
  server.get(`${mount}/config.json`, (_request, reply) =>
    reply.header('cache-control', 'no-cache').send(configuration),
  );
  // The folder of the assets is no page.
  server.get(`${mount}/assets`, refuse);
  servePortalEmbed(server, mount, join(folder, 'embed.js'));
  const assets = join(folder, 'assets');
  void server.register((scope, _options, done) => {
    // What is gone after an upgrade is a problem as any, for a page that asks for it.
    scope.addHook('onRequest', (request, _reply, next) => {
      const name = /\/assets\/([\w-][\w.-]*)$/.exec(request.url.split('?', 1)[0] ?? '')?.[1];
      next(name !== undefined && existsSync(join(assets, name)) ? undefined : new ProblemError('route_not_found'));
    });
    void scope.register(fastifyStatic, {
      root: assets,
      prefix: `${mount}/assets/`,
      preCompressed: true,
      decorateReply: false,
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      maxAge: '1y',
      immutable: true,
      setHeaders: (reply) => {
        reply.headers({ vary: 'accept-encoding' });
      },
    });
    done();
  });
}

function refuse(): never {
  throw new ProblemError('route_not_found');
}

/** The policy of the page. Nothing of it is inline, so there is no nonce either. */
function pageHeaders({ PORTAL_FRAME_ANCESTORS: ancestors }: PortalConfig) {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    `frame-ancestors ${ancestors.length === 0 ? "'none'" : ancestors.join(' ')}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  return { 'content-security-policy': policy, 'cache-control': 'no-cache' };
}

/**
 * The page as it was built, with its own place and what it has to know written into it: a page that is opened asks for one
 * thing less. Read each time: a newer build is served at once.
 */
class PortalPage {
  private readonly file: string;
  private readonly head: string;

  constructor(file: string, base: string, configuration: string) {
    this.file = file;
    this.head = `<base href="${base}" /><meta name="portal-config" content="${escaped(configuration)}" />`;
  }

  async read(): Promise<{ text: string; etag: string }> {
    const built = await readFile(this.file, 'utf8');
    const text = built.replace(builtBase, () => this.head);
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
    return { text, etag };
  }
}

/** For an attribute in double quotes. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
