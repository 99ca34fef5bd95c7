/** What the server says of one event under the filter that is being written: the same as the page, to be seen for oneself. */
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { api, dataOf } from '../api/api.ts';
import { useAction } from '../api/action.ts';
import { Button } from '../elements/button.tsx';
import { ProblemAlert } from '../elements/problem-alert.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';

export interface ServerCheckProps {
  readonly webhookId: string;
  readonly eventId: string;
  readonly filter: unknown;
}

interface Answered {
  /** What was asked, as JSON: an answer to something else is not shown. */
  readonly asked: string;
  readonly isPassed: boolean;
}

export function ServerCheck({ webhookId, eventId, filter }: ServerCheckProps) {
  const [answered, setAnswered] = useState<Answered | null>(null);
  const asked = JSON.stringify([eventId, filter]);
  const check = useAction(() =>
    dataOf<{ readonly isFilterPassed: boolean }>(
      api.POST('/v1/webhooks/{id}/filter-test', {
        params: { path: { id: webhookId } },
        body: { eventId, filter } as never,
      }),
    ),
  );
  return (
    <div>
      <Button
        isBusy={check.isBusy}
        onClick={() => {
          void check.run(({ isFilterPassed }) => {
            setAnswered({ asked, isPassed: isFilterPassed });
          });
        }}
      >
        <Trans>Check on the server</Trans>
      </Button>{' '}
      <span role="status">
        {answered?.asked === asked &&
          (answered.isPassed ? (
            <Trans>
              The server says that the newest event <StrangerText text={eventId} isCode /> passes.
            </Trans>
          ) : (
            <Trans>
              The server says that the newest event <StrangerText text={eventId} isCode /> does not pass.
            </Trans>
          ))}
      </span>
      {check.error !== null && <ProblemAlert error={check.error} />}
    </div>
  );
}
