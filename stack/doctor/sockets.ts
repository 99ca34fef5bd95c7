/** What listens at an address: in goes host:port, out comes whether it takes connections and speaks TLS. Sends no data. */
import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hasCode } from '../failure.ts';

export interface SocketReading {
  /** As it was given, host:port. */
  readonly address: string;
  readonly connection: 'open' | 'refused' | 'unknown host' | 'no answer';
  /** Null: it did not say within the time. */
  readonly speaksTls: boolean | null;
}

const connectMs = 1_500;
const greetMs = 1_500;

/** Never rejects; takes 3 s at most. */
export async function readSocket(address: string): Promise<SocketReading> {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(address) ?? [];
  const place = { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  const connection = await connectionAt(place);
  return { address, connection, speaksTls: connection === 'open' ? await speaksTls(place) : null };
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function connectionAt(place: Place): Promise<SocketReading['connection']> {
  return new Promise((resolve) => {
    const socket = connectPlain({ ...place, timeout: connectMs });
    const end = (result: SocketReading['connection']) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => {
      end('open');
    });
    socket.once('timeout', () => {
      end('no answer');
    });
    socket.on('error', (error) => {
      const isUnknown = hasCode(error, 'ENOTFOUND') || hasCode(error, 'EAI_AGAIN');
      end(isUnknown ? 'unknown host' : 'refused');
    });
  });
}

function speaksTls(place: Place): Promise<boolean | null> {
  return new Promise((resolve) => {
    const name = isIP(place.host) === 0 ? { servername: place.host } : {};
    // Whom it belongs to makes no difference to whether it is TLS, and nothing is sent over it.
    const socket = connectTls({ ...place, ...name, rejectUnauthorized: false });
    const end = (result: boolean | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => {
      end(null);
    }, greetMs);
    socket.once('secureConnect', () => {
      end(true);
    });
    socket.on('error', () => {
      end(false);
    });
    socket.once('close', () => {
      end(false);
    });
  });
}
