/** TCP ports of this machine: is one free, who holds it, what is its number in an address. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StackFailure, hasCode } from './failure.ts';

/** Above what services are registered for and used to, below what Linux (32768) and others (49152) connect from. */
const lowest = 20_000;
const highest = 32_768;

/** @throws StackFailure naming the port, what it was for and, where the system tells, who holds it */
export async function requireFreePort(port: number, purpose: string): Promise<void> {
  if (await isFree(port)) return;
  const owner = ownerOf(port);
  const holder = owner === null ? 'another process' : `process ${owner.pid} (${owner.command})`;
  throw new StackFailure(`Port ${port}, which ${purpose} needs, is taken by ${holder}: stop that and try again.`);
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (hasCode(error, 'EADDRINUSE')) resolve(false);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * Ports that were free a moment ago, all different. Not of those that the system gives to outgoing connections: one of
 * these may take a port between this answer and its use.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

/** Who listens there; null where the system does not tell (no /proc, or a process of somebody else). */
function ownerOf(port: number): PortOwner | null {
  try {
    const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFileSync(file, 'utf8'));
    const inode = listeningInode(tables.join('\n'), port);
    return inode === null ? null : holderOf(`socket:[${inode}]`);
  } catch {
    return null;
  }
}

/** The inode of the socket that listens on `port`, from the text of /proc/net/tcp (proc(5)). Pure. */
export function listeningInode(table: string, port: number): string | null {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of table.split('\n')) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === '0A' && local.endsWith(`:${hexPort}`)) return inode ?? null;
  }
  return null;
}

function holderOf(socket: string): PortOwner | null {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const descriptors = readdirSync(`/proc/${pid}/fd`);
      if (!descriptors.some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === socket)) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return { pid: Number(pid), command: command.length > 80 ? `${command.slice(0, 80)}…` : command };
    } catch {
      // A process of somebody else, or one that left meanwhile.
    }
  }
  return null;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
