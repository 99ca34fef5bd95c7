/**
 * What is changed inside kafkajs 2.2.4, once per process, by importing this file. Everything that reaches into the
 * library's own files is here, or is called from here.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { askAnyBroker } from './kafkajs-broker-pool.ts';
import { measureMonotonically } from './kafkajs-clock.ts';

const requireHere = createRequire(import.meta.url);

interface BrokerPrototype {
  joinGroup: (this: BrokerPrototype, request: { groupInstanceId?: string | null }) => Promise<unknown>;
  lookupRequest(apiKey: number, versions: unknown): (fields: object) => { readonly request: object };
}

const { prototype: brokerPrototype } = requireHere('kafkajs/src/broker') as { prototype: BrokerPrototype };

/**
 * Lets joinGroup take a `groupInstanceId`: kafkajs can write one into the request (version 5, KIP-345), but drops it
 * on the way there. A member that comes back under its instance id gets its partitions at once, and nobody else stops.
 */
function addInstanceIds(): void {
  const { joinGroup } = brokerPrototype;
  brokerPrototype.joinGroup = function (request) {
    const { groupInstanceId = null } = request;
    const named = Object.create(this) as BrokerPrototype;
    named.lookupRequest = (apiKey, versions) => {
      const make = this.lookupRequest(apiKey, versions);
      return (fields) => make({ ...fields, groupInstanceId });
    };
    return joinGroup.call(named, request);
  };
}

interface Connection {
  socket?: Socket;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  authHandlers: { onError(): void } | null;
  isConnected(): boolean;
  rejectRequests(error: Error): void;
  connect: (this: Connection) => Promise<unknown>;
  disconnect: (this: Connection) => Promise<unknown>;
}

/** Of the length that precedes each answer. */
const lengthBytes = 4;

/**
 * Requests that find a connection closed each open a socket of their own, and all but the last are forgotten: when the
 * broker closes such an idle one, everything under way on the connection fails. So there is one attempt at a time.
 */
function connectOnce(): void {
  const { prototype } = requireHere('kafkajs/src/network/connection') as { prototype: Connection };
  const { connect } = prototype;
  const attempts = new WeakMap<Connection, Promise<unknown>>();
  prototype.connect = function () {
    const running = attempts.get(this);
    if (running !== undefined) return running;
    if (!this.isConnected()) beginAnew(this);
    const attempt = connect.call(this).finally(() => attempts.delete(this));
    attempts.set(this, attempt);
    return attempt;
  };
}

/**
 * Nothing of a socket reaches the one after it. kafkajs keeps the part of an answer that had come when the socket broke, and
 * takes the first bytes of the next socket for the rest of it: from then on no answer is understood, for as long as the process
 * lives, or one that makes no sense ends it. And what an old socket still has to say, it says to the connection as it is now.
 */
function beginAnew(connection: Connection): void {
  const { socket } = connection;
  if (socket !== undefined) {
    for (const event of ['data', 'end', 'error', 'timeout']) socket.removeAllListeners(event);
    socket.on('error', () => undefined);
    socket.destroy();
  }
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = lengthBytes;
  connection.authHandlers?.onError();
  connection.authHandlers = null;
  connection.rejectRequests(new Error('the connection was lost before the answer came'));
}

/**
 * A socket that has ended stays with its connection until there is another one, and kafkajs' `unref` leaves a listener on it
 * each time: a broker that is away for long gathers them, and Node warns of a leak, past the log.
 */
function disconnectOnce(): void {
  const { prototype } = requireHere('kafkajs/src/network/connection') as { prototype: Connection };
  const { disconnect } = prototype;
  prototype.disconnect = function () {
    if (this.socket?.destroyed === true) delete this.socket;
    return disconnect.call(this);
  };
}

measureMonotonically();
askAnyBroker();
connectOnce();
disconnectOnce();
addInstanceIds();
