/** Asks the endpoint whether it wants deliveries, and says what came of it. */
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { useAction } from '../../api/action.ts';
import { api, dataOf } from '../../api/api.ts';
import { Button } from '../../elements/button.tsx';
import { ProblemAlert } from '../../elements/problem-alert.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';

interface Answer {
  readonly isProven: boolean;
  readonly problem: string | null;
}

interface VerifyProps {
  readonly id: string;
  /** What the page shows of the webhook. */
  readonly readAgain: (id: string) => Promise<void>;
}

export function VerifyButton({ id, readAgain }: VerifyProps) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const verify = useAction((header) =>
    dataOf(api.POST('/v1/webhooks/{id}/verification', { params: { path: { id }, header }, body: {} })),
  );
  return (
    <>
      <Button
        look="main"
        isBusy={verify.isBusy}
        onClick={() => {
          setAnswer(null);
          void verify.run(async (given) => {
            setAnswer(given);
            await readAgain(id);
          });
        }}
      >
        <Trans>Verify now</Trans>
      </Button>
      <span role="status">
        {verify.isBusy && <Trans>Waiting for an answer…</Trans>}
        {answer !== null && <AnswerText answer={answer} />}
      </span>
      {verify.error !== null && <ProblemAlert error={verify.error} />}
    </>
  );
}

function AnswerText({ answer: { isProven, problem } }: { readonly answer: Answer }) {
  if (isProven) return <Trans>The endpoint wants deliveries: the webhook is enabled within seconds.</Trans>;
  return (
    <Trans>
      Not verified: <StrangerText text={problem ?? '–'} />
    </Trans>
  );
}
