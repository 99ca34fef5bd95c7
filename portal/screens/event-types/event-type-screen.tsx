/** One event type: what it means, how its data looks, and which of one's webhooks get it. */
import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { patternMatches } from '../../../libs/domain/delivery/match.ts';
import type { Schemas } from '../../api/api.ts';
import { useMay } from '../../api/caller.ts';
import { read } from '../../api/reads.ts';
import { Page, Section } from '../../app/page.tsx';
import { usePathId } from '../../app/search.ts';
import { Badge } from '../../elements/badge.tsx';
import { ButtonLink } from '../../elements/button.tsx';
import { CopyButton } from '../../elements/copy-button.tsx';
import { Empty, Loaded } from '../../elements/states.tsx';
import { StrangerText } from '../../elements/stranger-text.tsx';
import { Tabs } from '../../elements/tabs.tsx';
import { Endpoint } from '../../webhook/endpoint.tsx';
import { useWebhooksAtHand } from '../../webhook/webhooks-at-hand.ts';
import reading from '../../style/reading.module.css';
import styles from './event-types.module.css';
import { SchemaTree } from './schema-tree.tsx';

type EventType = Schemas['EventType'];

export function Screen() {
  const { t } = useLingui();
  const type = usePathId('type');
  const mayWrite = useMay('webhooks.write');
  const query = useQuery({
    queryKey: ['event-type', type],
    queryFn: ({ signal }) => read<EventType>(`/v1/event-types/${encodeURIComponent(type)}`, {}, signal),
  });
  return (
    <Page
      title={type}
      part={t`Event type`}
      beside={
        query.data?.deprecated === true ? (
          <Badge tone="busy">
            <Trans>deprecated</Trans>
          </Badge>
        ) : undefined
      }
      actions={
        mayWrite ? (
          <ButtonLink to="/webhooks/new" search={{ type }} look="main">
            <Trans>Create webhook for it</Trans>
          </ButtonLink>
        ) : undefined
      }
    >
      <Loaded query={query} lines={8}>
        {(eventType) => <Described eventType={eventType} />}
      </Loaded>
    </Page>
  );
}

function Described({ eventType }: { readonly eventType: EventType }) {
  const { t } = useLingui();
  const { type, description, audience, jsonSchema, example, sensitivePaths } = eventType;
  const exampleText = JSON.stringify(example, null, 2);
  const schemaText = JSON.stringify(jsonSchema, null, 2);
  return (
    <>
      {description !== null && (
        <p>
          <StrangerText text={description} />
        </p>
      )}
      <p className={reading.soft}>
        {audience === 'broadcast' ? (
          <Trans>An event of this type goes to every client.</Trans>
        ) : (
          <Trans>An event of this type belongs to one client.</Trans>
        )}{' '}
        {sensitivePaths.length > 0 && (
          <Trans>
            Masked before anything is sent: <StrangerText text={sensitivePaths.join(', ')} isCode />.
          </Trans>
        )}
      </p>
      <Tabs
        label={t`Event type`}
        tabs={[
          {
            name: 'fields',
            label: t`Fields`,
            content: () =>
              jsonSchema === null ? (
                <Empty title={<Trans>This type has no schema: its data may be anything</Trans>} />
              ) : (
                <SchemaTree schema={jsonSchema} />
              ),
          },
          {
            name: 'example',
            label: t`Example`,
            content: () =>
              example === null ? (
                <Empty title={<Trans>This type has no example</Trans>} />
              ) : (
                <Code text={exampleText} label={t`Example`} />
              ),
          },
          {
            name: 'schema',
            label: t`JSON Schema`,
            content: () =>
              jsonSchema === null ? (
                <Empty title={<Trans>This type has no schema: its data may be anything</Trans>} />
              ) : (
                <Code text={schemaText} label={t`JSON Schema`} />
              ),
          },
        ]}
      />
      <Section title={t`Your webhooks that get it`}>
        <Receivers type={type} />
      </Section>
    </>
  );
}

function Code({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <>
      <div>
        <CopyButton text={text}>
          <Trans>Copy</Trans>
        </CopyButton>
      </div>
      <pre className={reading.code} tabIndex={0} aria-label={label}>
        <StrangerText text={text} />
      </pre>
    </>
  );
}

function Receivers({ type }: { readonly type: string }) {
  const maySend = useMay('tests.send');
  const query = useWebhooksAtHand();
  return (
    <Loaded query={query} lines={2}>
      {({ data }) => {
        const receivers = data.filter(({ eventTypes }) => eventTypes.some((pattern) => patternMatches(pattern, type)));
        if (receivers.length === 0) return <Empty title={<Trans>No webhook of yours takes this type</Trans>} />;
        return (
          <ul className={styles.receivers}>
            {receivers.map(({ id, url }) => (
              <li key={id}>
                <Link to="/webhooks/$id" params={{ id }}>
                  <Endpoint url={url} />
                </Link>{' '}
                {maySend && (
                  <ButtonLink to="/webhooks/$id/test" params={{ id }} search={{ type }}>
                    <Trans>Send test event</Trans>
                  </ButtonLink>
                )}
              </li>
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}
