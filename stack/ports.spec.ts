import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { freePorts, isFree, listeningInode, requireFreePort } from './ports.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 91234 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0BB9 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 91235 1 0000000000000000 20 4 30 10 -1`;

describe('ports', () => {
  test.each([
    [3000, '91234'],
    [3001, null],
    [3002, null],
  ])('who listens on %d is read from the table of sockets', (port, inode) => {
    expect(listeningInode(table, port)).toBe(inode);
  });

  test('free ports are different and free', async () => {
    const ports = await freePorts(4);
    expect(new Set(ports).size).toBe(4);
    expect(await Promise.all(ports.map(isFree))).toEqual([true, true, true, true]);
  });

  test('no outgoing connection takes a port between its being found and its use', async () => {
    const [from] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
    expect(Math.max(...(await freePorts(50)))).toBeLessThan(from ?? 0);
  });

  test('a taken port is refused with its number and purpose', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      await expect(requireFreePort(port, 'Kafka')).rejects.toThrow(
        new RegExp(`^Port ${port}, which Kafka needs, is taken by (process ${process.pid}|another process)`),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
