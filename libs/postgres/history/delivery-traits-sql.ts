/** The traits of a delivery (libs/domain/delivery/delivery-traits.ts) as a condition on its row. No index serves it. */
import { codeChoiceOf, countRangeOf, type DeliveryTraits } from '../../domain/delivery/delivery-traits.ts';
import type { Conditions } from '../conditions.ts';

/** @returns a condition that is never null; `true` where there are no traits */
export function traitsCondition(conditions: Conditions, traits: DeliveryTraits): string {
  const parts: string[] = [];
  const add = (text: string, value: unknown) => {
    if (value !== undefined) parts.push(text.replaceAll('?', conditions.value(value)));
  };
  const { responseCode, attempts, trigger } = traits;
  add('status = any(?)', traits.status);
  add('kind = any(?)', traits.kind);
  add('coalesce(reason = any(?), false)', traits.reason);
  add('coalesce(last_error_kind = any(?), false)', traits.errorKind);
  add('coalesce(last_attempt_at >= ?, false)', timeOf(traits.attemptedFrom));
  add('coalesce(last_attempt_at < ?, false)', timeOf(traits.attemptedTo));
  add('created_at >= ?', timeOf(traits.arrivedFrom));
  add('created_at < ?', timeOf(traits.arrivedTo));
  if (responseCode !== undefined) parts.push(codeCondition(conditions, responseCode));
  if (attempts !== undefined) parts.push(countCondition(conditions, attempts));
  // Last: it looks at the attempts, which most rows are spared by what comes before. Not by `exists`: PostgreSQL would
  // rather read the attempts of all deliveries once, and keep them in a hash, than those of each.
  const ofDelivery = 'a.delivery_id = delivery.id and a.day_time = delivery.day_time';
  const found = `select true from delivery_attempt a where ${ofDelivery} and a.trigger = any(?) limit 1`;
  add(`coalesce((${found}), false)`, trigger);
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

function codeCondition(conditions: Conditions, words: readonly string[]): string {
  const { codes, classes, isNone } = codeChoiceOf(words);
  const ofCode = `coalesce(last_response_code = any(${conditions.value(codes)}), false)`;
  const ofClass = `coalesce(last_response_code / 100 = any(${conditions.value(classes)}), false)`;
  return `(${ofCode} or ${ofClass} or ${isNone ? 'last_response_code is null' : 'false'})`;
}

function countCondition(conditions: Conditions, words: readonly string[]): string {
  const ranges = words.map(countRangeOf).filter((range) => range !== null);
  const within = ranges.map(
    ({ least, most }) => `attempt_count between ${conditions.value(least)} and ${conditions.value(most)}`,
  );
  return `(${['false', ...within].join(' or ')})`;
}

function timeOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
