/** A mail server that keeps every mail it gets, and takes them from one user only. */
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly to: readonly string[];
  /** Headers and text, soft line ends taken out. */
  readonly text: string;
}

export interface SmtpReceiver {
  /** With user and password. */
  readonly url: string;
  readonly received: readonly ReceivedMail[];
  /** Users that were told to it. */
  readonly logins: readonly string[];
  close(): Promise<void>;
}

/** @param codeFor an answer to RCPT TO other than that it is taken */
export async function startSmtpReceiver(
  isRefusing: () => boolean = () => false,
  codeFor: (address: string) => number | undefined = () => undefined,
): Promise<SmtpReceiver> {
  const received: ReceivedMail[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) => {
      const responseCode = codeFor(address);
      done(responseCode === undefined ? null : Object.assign(new Error('no'), { responseCode }));
    },
    onAuth: ({ username, password }, _session, done) => {
      logins.push(username ?? '');
      if (username === 'user' && password === 'planted-password') done(null, { user: username });
      else done(new Error('who are you'));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (isRefusing()) {
          done(Object.assign(new Error('not now'), { responseCode: 451 }));
          return;
        }
        const to = session.envelope.rcptTo.map(({ address }) => address);
        received.push({ to, text: Buffer.concat(chunks).toString('utf8').replaceAll('=\r\n', '') });
        done();
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `smtp://user:planted-password@127.0.0.1:${port}`,
    received,
    logins,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  };
}
