// WEBHOOK_SECRET=whsec_… PORT=8080 node node.mjs
import { createServer } from 'node:http';
import { verify } from './verify.mjs';

const secret = process.env.WEBHOOK_SECRET;
/** In production: a table with a unique key, written in the transaction that does the work. */
const seen = new Set();

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    try {
      verify(request.headers, body, secret);
    } catch (error) {
      response.writeHead(401).end(error.message);
      return;
    }
    const id = request.headers['webhook-id'];
    if (!seen.has(id)) {
      seen.add(id);
      console.log(`received ${id} ${body}`);
    }
    // Answer soon, within the webhook's timeout: work that takes longer goes to a queue of your own.
    response.writeHead(204).end();
  });
}).listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
