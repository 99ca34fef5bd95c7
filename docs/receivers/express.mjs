// npm install express; WEBHOOK_SECRET=whsec_… PORT=8080 node express.mjs
import express from 'express';
import { verify } from './verify.mjs';

const secret = process.env.WEBHOOK_SECRET;
/** In production: a table with a unique key, written in the transaction that does the work. */
const seen = new Set();
const app = express();

// The signature is over the bytes as they came: this route has no express.json() before it.
app.post('/{*path}', express.raw({ type: () => true, limit: '1mb' }), (request, response) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  try {
    verify(request.headers, body, secret);
  } catch (error) {
    response.status(401).send(error.message);
    return;
  }
  const id = request.headers['webhook-id'];
  if (!seen.has(id)) {
    seen.add(id);
    console.log(`received ${id} ${body}`);
  }
  response.status(204).end();
});

app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
