/** One event: what it says, and for every webhook of the client whether it was sent there and why not. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Page, Section } from '../../app/page.tsx';
import { usePathId } from '../../app/search.ts';
import { prettyJson } from '../../delivery/pretty-json.ts';
import { CopyButton } from '../../elements/copy-button.tsx';
import { Empty, Loaded } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Time } from '../../elements/time.tsx';
import { readEvent, type EventDetail, type ReadEvent } from '../../events/event.ts';
import reading from '../../style/reading.module.css';
import { Receivers } from './receivers.tsx';

export function Screen() {
  const { t } = useLingui();
  const id = usePathId();
  const query = useQuery({ queryKey: ['event', id], queryFn: ({ signal }) => readEvent(id, signal) });
  return (
    <Page
      title={t`Event`}
      actions={
        <Link to="/events">
          <Trans>All events</Trans>
        </Link>
      }
    >
      <Loaded query={query} lines={12}>
        {(read) => (
          <>
            <Facts event={read.event} />
            <Section title={t`Where it went`}>
              <Receivers read={read} />
            </Section>
            <Section title={t`Data`}>
              {read.event.isErased ? (
                <Empty title={<Trans>The data of this event was erased</Trans>} />
              ) : (
                <Data text={read.dataText} />
              )}
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Facts({ event: { id, type, source, subject, time, receivedAt, kind } }: { readonly event: EventDetail }) {
  return (
    <dl className={reading.facts}>
      <div>
        <dt>
          <Trans>Event type</Trans>
        </dt>
        <dd>
          <StrangerText text={type} isCode /> {kind === 'test' && <Trans>(test event)</Trans>}
        </dd>
      </div>
      <div>
        <dt>
          <Trans>Event ID</Trans>
        </dt>
        <dd>
          <StrangerText text={id} isCode />
        </dd>
      </div>
      {source !== null && (
        <div>
          <dt>
            <Trans>Source</Trans>
          </dt>
          <dd>
            <StrangerText text={source} isCode />
          </dd>
        </div>
      )}
      {subject !== null && (
        <div>
          <dt>
            <Trans>Subject</Trans>
          </dt>
          <dd>
            <StrangerText text={subject} isCode />
          </dd>
        </div>
      )}
      <div>
        <dt>
          <Trans>Time of the event</Trans>
        </dt>
        <dd>
          <Time at={time} isExact />
        </dd>
      </div>
      <div>
        <dt>
          <Trans>Received</Trans>
        </dt>
        <dd>
          <Time at={receivedAt} isExact />
        </dd>
      </div>
    </dl>
  );
}

function Data({ text }: { readonly text: ReadEvent['dataText'] }) {
  const { t } = useLingui();
  const pretty = useMemo(() => (text === null ? null : (prettyJson(text) ?? text)), [text]);
  if (text === null || pretty === null) return <Empty title={<Trans>This session may not see data of events</Trans>} />;
  return (
    <>
      <div>
        <CopyButton text={text}>
          <Trans>Copy data</Trans>
        </CopyButton>
      </div>
      <pre className={reading.code} tabIndex={0} aria-label={t`Data`}>
        <StrangerText text={pretty} />
      </pre>
    </>
  );
}
