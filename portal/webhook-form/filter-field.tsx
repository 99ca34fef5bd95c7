/**
 * The filter as rows and as JSON, and beneath them what it would say of the last events of these types: judged here, with no
 * request.
 */
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { parseFilter, type ParsedFilter } from '../../libs/domain/filter/filter.ts';
import { parseLossless } from '../../libs/domain/payload/lossless-json.ts';
import { patternMatches } from '../../libs/domain/delivery/match.ts';
import { usePathId } from '../app/search.ts';
import { DataTable } from '../elements/data-table.tsx';
import { Field } from '../elements/field.tsx';
import { StrangerText } from '../elements/stranger-text.tsx';
import { Time } from '../elements/time.tsx';
import { useEventTypesOffered } from './event-types-offered.ts';
import { isMasked, offeredFields } from './filter-fields.ts';
import { FilterRowsEditor } from './filter-rows-editor.tsx';
import { groupsOf } from './filter-rows.ts';
import { recentEvents, type RecentEvent } from './recent-events.ts';
import { ServerCheck } from './server-check.tsx';
import type { FormProps } from './webhook-form.tsx';
import reading from '../style/reading.module.css';
import styles from './webhook-form.module.css';

export function FilterField({ values, errors, change }: FormProps) {
  const { t } = useLingui();
  const parsed = useMemo(() => judged(values.filter), [values.filter]);
  const problem = parsed.ok ? undefined : `${parsed.path} ${parsed.message}`.trim();
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>
        <Trans>Filter</Trans>
      </legend>
      <FilterRows parsed={parsed} values={values} change={change} />
      <Field
        label={t`Filter as JSON`}
        hint={t`The same as the conditions above. Empty: every event of these types. For example {"data.amount": {"$gte": 100}}`}
        error={errors.filter ?? problem}
      >
        {(ids) => (
          <textarea
            {...ids}
            rows={5}
            value={values.filter}
            spellCheck={false}
            autoComplete="off"
            className={styles.json}
            onChange={({ target }) => {
              change({ filter: target.value });
            }}
          />
        )}
      </Field>
      {values.filter.trim() !== '' && parsed.ok && <Recent parsed={parsed} values={values} />}
    </fieldset>
  );
}

type FilterRowsProps = Pick<FormProps, 'values' | 'change'> & { readonly parsed: ParsedFilter };

function FilterRows({ parsed, values: { filter, eventTypes }, change }: FilterRowsProps) {
  const { t } = useLingui();
  const [written, setWritten] = useState<string | null>(null);
  const offered = useEventTypesOffered();
  const { data: recent } = useRecentEvents(filter !== '');
  const patterns = patternsOf(eventTypes);
  const types = offered.filter(({ type }) => patterns.some((pattern) => patternMatches(pattern, type)));
  const events = (recent ?? []).filter(({ type }) => patterns.some((pattern) => patternMatches(pattern, type)));
  const groups = useMemo(() => (parsed.ok ? groupsOf(jsonOf(filter)) : null), [parsed, filter]);
  // What rows say that is no filter yet, such as more than a text, is still said by rows.
  if (groups === null && filter !== written) {
    return (
      <p className={reading.soft}>
        {parsed.ok ? (
          <Trans>This filter says more than conditions can: it stays JSON.</Trans>
        ) : (
          <Trans>The conditions are shown when the JSON is a filter.</Trans>
        )}
      </p>
    );
  }
  return (
    <div role="group" aria-label={t`Conditions`}>
      <FilterRowsEditor
        groups={groups ?? []}
        text={filter}
        fields={offeredFields(types, events)}
        isMasked={(field) => types.some(({ sensitivePaths }) => isMasked(field, sensitivePaths))}
        onChange={(text) => {
          setWritten(text);
          change({ filter: text });
        }}
      />
    </div>
  );
}

function patternsOf(eventTypes: string): readonly string[] {
  return eventTypes.split(/[\s,]+/).filter((type) => type !== '');
}

function jsonOf(text: string): unknown {
  return text.trim() === '' ? {} : parseLossless(text);
}

function useRecentEvents(isWanted: boolean) {
  return useQuery({
    queryKey: ['recent-events'],
    queryFn: ({ signal }) => recentEvents(signal),
    staleTime: 30_000,
    enabled: isWanted,
  });
}

function judged(text: string): ParsedFilter {
  try {
    return parseFilter(jsonOf(text));
  } catch (error) {
    return { ok: false, path: '', message: error instanceof Error ? error.message : '' };
  }
}

interface RecentProps {
  readonly parsed: Extract<ParsedFilter, { readonly ok: true }>;
  readonly values: FormProps['values'];
}

function Recent({ parsed: newest, values: { eventTypes, filter } }: RecentProps) {
  const { t } = useLingui();
  const webhookId = usePathId();
  const parsed = useDeferredValue(newest);
  const { data } = useRecentEvents(true);
  const patterns = patternsOf(eventTypes);
  const events = (data ?? []).filter(({ type }) => patterns.some((pattern) => patternMatches(pattern, type)));
  if (events.length === 0) {
    return (
      <p className={reading.soft}>
        <Trans>There are no events of these types yet to try it with.</Trans>
      </p>
    );
  }
  const rows = events.map((event) => ({ event, passes: parsed.matches(event) }));
  const passing = rows.filter(({ passes }) => passes).length;
  return (
    <>
      <p role="status">
        <Trans>
          {passing} of <Plural value={events.length} one="# event" other="# events" /> would be sent
        </Trans>
      </p>
      <DataTable
        label={t`Recent events`}
        rows={rows}
        keyOf={({ event: { id } }) => id}
        columns={[
          {
            id: 'passes',
            head: t`Filter`,
            cell: ({ passes }) => (passes ? <Trans>Passes</Trans> : <Trans>Does not pass</Trans>),
          },
          { id: 'type', head: t`Event type`, cell: ({ event }) => <StrangerText text={event.type} isCode /> },
          { id: 'time', head: t`Event time`, isWideOnly: true, cell: ({ event }) => <Time at={event.time} isShort /> },
          {
            id: 'why',
            head: t`First condition that fails`,
            cell: ({ event, passes }) => (passes ? '–' : <WhyNot parsed={parsed} event={event} />),
          },
        ]}
      />
      {/* It tries filters of webhooks that are there. */}
      {webhookId !== '' && events[0]?.id !== undefined && (
        <ServerCheck webhookId={webhookId} eventId={events[0].id} filter={jsonOf(filter)} />
      )}
    </>
  );
}

function WhyNot({ parsed, event }: { readonly parsed: RecentProps['parsed']; readonly event: RecentEvent }) {
  const failed = parsed.explain(event).find(({ holds }) => !holds);
  if (failed === undefined) return '–';
  const wanted = `${failed.field} ${failed.operator} ${JSON.stringify(failed.expected)}`;
  const found = failed.found.map((value) => JSON.stringify(value)).join(', ');
  return (
    <>
      <StrangerText text={wanted} isCode />{' '}
      {found === '' ? <Trans>not there</Trans> : <StrangerText text={found} isCode />}
    </>
  );
}
