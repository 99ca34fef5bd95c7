/**
 * Before the first real-stack test: a door through which tests ask for servers. Jest loads this file as plain
 * JavaScript; Node itself strips the types of what it imports.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

export default async function globalSetup() {
  const { TestServers } = await import('./test-servers.ts');
  const servers = new TestServers();
  const door = createServer((request, response) => {
    answer(servers, request.url.slice(1)).then(
      (text) => response.end(text),
      (error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise((resolve) => door.listen(0, '127.0.0.1', resolve));
  // Tests and their workers inherit the environment.
  process.env.TEST_STACK_DOOR = `http://127.0.0.1:${door.address().port}`;
  process.env.TEST_RUN_ID = randomBytes(3).toString('hex');
  globalThis.testStackTeardown = async () => {
    door.closeAllConnections();
    await new Promise((resolve) => door.close(resolve));
    await servers.stop();
  };
}

async function answer(servers, what) {
  if (what !== 'build') return servers.address(what);
  await servers.build();
  return '';
}
