// npm install fastify; WEBHOOK_SECRET=whsec_… PORT=8080 node fastify.mjs
import Fastify from 'fastify';
import { verify } from './verify.mjs';

const secret = process.env.WEBHOOK_SECRET;
/** In production: a table with a unique key, written in the transaction that does the work. */
const seen = new Set();
const app = Fastify();

// The signature is over the bytes as they came: no parser may touch them before.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.post('/*', async (request, reply) => {
  try {
    verify(request.headers, request.body ?? Buffer.alloc(0), secret);
  } catch (error) {
    return reply.code(401).send(error.message);
  }
  const id = request.headers['webhook-id'];
  if (!seen.has(id)) {
    seen.add(id);
    console.log(`received ${id} ${request.body}`);
  }
  return reply.code(204).send();
});

await app.listen({ port: Number(process.env.PORT ?? 8080), host: '127.0.0.1' });
