/** The exact text that was signed: as it is or on several lines, to be searched, copied and kept. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { DeliveryDetail } from '../../delivery/delivery.ts';
import { prettyJson } from '../../delivery/pretty-json.ts';
import { Button } from '../../elements/button.tsx';
import { CopyButton } from '../../elements/copy-button.tsx';
import { Field } from '../../elements/field.tsx';
import { saveAsFile } from '../../elements/save-as-file.ts';
import { Empty } from '../../elements/states.tsx';
import { useIntlName } from '../../elements/time.tsx';
import { HighlightedText } from './highlighted-text.tsx';
import reading from '../../style/reading.module.css';

/** What stands in place of a sensitive field. */
const masked = '********';

export function PayloadView({ delivery }: { readonly delivery: DeliveryDetail }) {
  const { t } = useLingui();
  const { id, payloadSent, payloadContentType, isErased } = delivery;
  const [isPretty, setPretty] = useState(true);
  const [sought, setSought] = useState('');
  const pretty = useMemo(() => (payloadSent === null ? null : prettyJson(payloadSent)), [payloadSent]);
  if (isErased) return <Empty title={<Trans>The data of its event was erased</Trans>} />;
  if (payloadSent === null) {
    return (
      <Empty
        title={<Trans>The payload is not shown: its event is not in the history, or this session may not see it</Trans>}
      />
    );
  }
  const shown = isPretty ? (pretty ?? payloadSent) : payloadSent;
  const count = sought === '' ? 0 : shown.split(sought).length - 1;
  return (
    <>
      <Facts text={payloadSent} contentType={payloadContentType} />
      <div className={reading.actions}>
        {pretty !== null && (
          <Button
            aria-pressed={isPretty}
            onClick={() => {
              setPretty(!isPretty);
            }}
          >
            <Trans>Pretty</Trans>
          </Button>
        )}
        <CopyButton text={payloadSent}>
          <Trans>Copy payload</Trans>
        </CopyButton>
        <Button
          onClick={() => {
            saveAsFile(`${id}${pretty === null ? '.txt' : '.json'}`, new Blob([payloadSent]));
          }}
        >
          <Trans>Download</Trans>
        </Button>
      </div>
      <Field label={t`Search in payload`}>
        {(ids) => (
          <input
            {...ids}
            type="search"
            value={sought}
            onChange={({ target }) => {
              setSought(target.value);
            }}
          />
        )}
      </Field>
      {sought !== '' && (
        <p role="status">
          <Plural value={count} _0="Not found" one="Found once" other="Found # times" />
        </p>
      )}
      {payloadSent.includes(masked) && (
        <p className={reading.soft}>
          <Trans>Marked places are masked: what stood there is sensitive, and was neither sent nor kept.</Trans>
        </p>
      )}
      <pre className={reading.code} tabIndex={0} aria-label={t`Payload`}>
        <HighlightedText text={shown} sought={sought === '' ? masked : sought} />
      </pre>
    </>
  );
}

function Facts({ text, contentType }: { readonly text: string; readonly contentType: string | null }) {
  const language = useIntlName();
  const bytes = useMemo(() => new TextEncoder().encode(text), [text]);
  const hash = useQuery({
    queryKey: ['sha-256', text],
    queryFn: () => sha256(bytes),
    staleTime: Infinity,
    gcTime: 0,
  }).data;
  const size = new Intl.NumberFormat(language).format(bytes.length);
  return (
    <dl className={reading.facts}>
      <div>
        <dt>
          <Trans>Size</Trans>
        </dt>
        <dd>
          <Plural value={bytes.length} one="# byte" other={`${size} bytes`} />
        </dd>
      </div>
      <div>
        <dt>SHA-256</dt>
        <dd>
          <code>{hash ?? '–'}</code>
        </dd>
      </div>
      {contentType !== null && (
        <div>
          <dt>
            <Trans>Content type</Trans>
          </dt>
          <dd>
            <code>{contentType}</code>
          </dd>
        </div>
      )}
    </dl>
  );
}

/** Null where the page is not served over TLS: browsers keep their keys to themselves then. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto };
  if (subtle === undefined) return null;
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
