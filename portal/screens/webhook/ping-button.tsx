/** Pings the endpoint now, and says what came of it. */
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { useAction } from '../../api/action.ts';
import { api, dataOf } from '../../api/api.ts';
import { queryClient } from '../../api/queries.ts';
import { Button } from '../../elements/button.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { healthKey } from '../../webhook/webhook-health.ts';

interface Answer {
  readonly outcome: string;
  readonly responseCode: number | null;
  readonly latencyMs: number | null;
  readonly error: { readonly kind: string; readonly message: string } | null;
}

export function PingButton({ id }: { readonly id: string }) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const ping = useAction((header) =>
    dataOf(api.POST('/v1/webhooks/{id}/health-checks', { params: { path: { id }, header }, body: {} })),
  );
  return (
    <>
      <Button
        isBusy={ping.isBusy}
        onClick={() => {
          setAnswer(null);
          void ping.run(async (given) => {
            setAnswer(given);
            await queryClient.invalidateQueries({ queryKey: healthKey(id) });
          });
        }}
      >
        <Trans>Ping now</Trans>
      </Button>
      <span role="status">
        {ping.isBusy && <Trans>Waiting for an answer…</Trans>}
        {answer !== null && <AnswerText answer={answer} />}
      </span>
      {ping.error !== null && <ProblemAlert error={ping.error} />}
    </>
  );
}

function AnswerText({ answer: { outcome, responseCode, latencyMs, error } }: { readonly answer: Answer }) {
  const code = responseCode ?? '–';
  const ms = latencyMs ?? 0;
  if (outcome === 'delivered') {
    return (
      <Trans>
        The ping arrived: {code}, {ms} ms
      </Trans>
    );
  }
  const why = error === null ? String(code) : `${error.kind}: ${error.message}`;
  return (
    <Trans>
      The ping failed: <StrangerText text={why} />
    </Trans>
  );
}
