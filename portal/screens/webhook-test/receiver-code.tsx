/** Receivers that run, in several languages: the files that docs/receiving.md links and that a test runs. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import node from '../../../docs/receivers/node.mjs?raw';
import verify from '../../../docs/receivers/verify.mjs?raw';
import { CopyButton } from '../../elements/copy-button.tsx';
import { Field } from '../../elements/field.tsx';
import reading from '../../style/reading.module.css';
import styles from '../../webhook-form/webhook-form.module.css';

const withScreen = (text: string) => () => Promise.resolve({ default: text });

/** The one that is shown at first comes with the screen, each other when it is chosen. */
const receivers = {
  'Node.js': [withScreen(node), withScreen(verify)],
  Fastify: [() => import('../../../docs/receivers/fastify.mjs?raw'), withScreen(verify)],
  Express: [() => import('../../../docs/receivers/express.mjs?raw'), withScreen(verify)],
  Python: [() => import('../../../docs/receivers/receiver.py?raw')],
  FastAPI: [
    () => import('../../../docs/receivers/fastapi_receiver.py?raw'),
    () => import('../../../docs/receivers/receiver.py?raw'),
  ],
  Go: [() => import('../../../docs/receivers/receiver.go?raw')],
  Java: [() => import('../../../docs/receivers/Receiver.java?raw')],
  PHP: [() => import('../../../docs/receivers/receiver.php?raw')],
  Ruby: [() => import('../../../docs/receivers/receiver.rb?raw')],
  'C#': [() => import('../../../docs/receivers/Receiver.cs?raw')],
} as const satisfies Readonly<Record<string, readonly (() => Promise<{ readonly default: string }>)[]>>;

type Language = keyof typeof receivers;

const languages = Object.keys(receivers) as readonly Language[];
const withEd25519: ReadonlySet<Language> = new Set(['Node.js', 'Fastify', 'Express', 'Go', 'Java', 'PHP']);

export function ReceiverCode({ algorithm }: { readonly algorithm: 'hmac-sha256' | 'ed25519' }) {
  const { t } = useLingui();
  const [language, setLanguage] = useState<Language>('Node.js');
  const offered = languages.filter((name) => algorithm === 'hmac-sha256' || withEd25519.has(name));
  const { data } = useQuery({
    queryKey: ['receiver-code', language],
    queryFn: async () => {
      const files = await Promise.all(receivers[language].map((load) => load()));
      return files.map((file) => file.default).join('\n');
    },
    staleTime: Infinity,
  });
  return (
    <div className={styles.form}>
      <p>
        <Trans>
          It verifies the signature over the raw body, refuses what is older than five minutes, and takes each
          webhook-id once. Give it the secret as WEBHOOK_SECRET.
        </Trans>
      </p>
      <Field label={t`Programming language`}>
        {(ids) => (
          <select
            {...ids}
            value={language}
            onChange={({ target }) => {
              setLanguage(target.value as Language);
            }}
          >
            {offered.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      {data !== undefined && (
        <>
          <div>
            <CopyButton text={data}>
              <Trans>Copy code</Trans>
            </CopyButton>
          </div>
          <pre className={reading.code} tabIndex={0} aria-label={t`Receiver code`}>
            {data}
          </pre>
        </>
      )}
    </div>
  );
}
