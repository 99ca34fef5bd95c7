/** The whole of a filtered list as a file, one delivery a line, as fast as the API reads it. */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import { problemOf, request } from '../api/api.ts';
import { queryText, type Query } from '../api/reads.ts';
import { Button } from '../elements/button.tsx';
import { ProblemAlert } from '../elements/problem-alert.tsx';
import { saveAsFile } from '../elements/save-as-file.ts';

export function DeliveryExport({ query }: { readonly query: Query }) {
  const { t } = useLingui();
  const ending = useRef<AbortController | null>(null);
  const [lines, setLines] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const begin = async () => {
    const controller = new AbortController();
    ending.current = controller;
    setError(null);
    setLines(0);
    try {
      saveAsFile('deliveries.ndjson', await exported(query, controller.signal, setLines));
    } catch (cause) {
      if (!controller.signal.aborted) setError(cause);
    } finally {
      setLines(null);
    }
  };
  return (
    <>
      {lines === null ? (
        <Button
          onClick={() => {
            void begin();
          }}
        >
          <Trans>Export</Trans>
        </Button>
      ) : (
        <>
          <span role="status">
            <Plural value={lines} one="# line" other="# lines" />
          </span>
          <Button
            aria-label={t`Cancel export`}
            onClick={() => {
              ending.current?.abort();
            }}
          >
            <Trans>Cancel</Trans>
          </Button>
        </>
      )}
      {error !== null && <ProblemAlert error={error} />}
    </>
  );
}

const lineEnd = 10;
/** How often progress is told. */
const tellMs = 250;

async function exported(query: Query, signal: AbortSignal, onLines: (lines: number) => void): Promise<Blob> {
  const init = { signal, headers: { accept: 'application/x-ndjson' } };
  const response = await request(`/v1/exports/deliveries${queryText(query)}`, init, null);
  if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let lines = 0;
  let toldAt = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    parts.push(part.value);
    for (const byte of part.value) if (byte === lineEnd) lines += 1;
    if (performance.now() - toldAt < tellMs) continue;
    toldAt = performance.now();
    onLines(lines);
  }
  return new Blob(parts, { type: 'application/x-ndjson' });
}
