/** What the schemas cannot say of a webhook: which URLs may be called, which headers added, what is a filter. */
import { labelsMax } from '../../../libs/domain/webhook/labels.ts';
import type { FieldCheck, FieldChecks } from '../../../libs/api-contract/validation.ts';
import { pointerToken } from '../../../libs/domain/payload/json-pointer.ts';
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';
import { twiceNamed } from '../../../libs/domain/delivery/answer-codes.ts';
import { parseFilter } from '../../../libs/domain/filter/filter.ts';
import {
  unreadableKept,
  unreadableValue,
  type WebhookSettings,
} from '../../../libs/domain/webhook/webhook-settings.ts';
import type { AddressGuard } from '../../../libs/sender/address-guard.ts';
import { checkHeaders } from '../../../libs/domain/payload/request-headers.ts';
import { checkTls } from '../../../libs/sender/tls-material.ts';
import { webhookLimitChecks, type WebhookLimits } from './webhook-limits.ts';

/** For creating and for changing a webhook. */
export function webhookFieldChecks(guard: AddressGuard, signatureHeader: string, limits: WebhookLimits): FieldChecks {
  return {
    ...webhookLimitChecks(limits),
    url: checkUrl(guard),
    headers: (headers) => headerProblems(headers as Record<string, string | null> | null, signatureHeader),
    filter: checkFilter,
  };
}

/** Values whose encryption key is gone can be replaced or removed, not kept beside new ones: all are sealed together. */
export function keptProblems(current: WebhookSettings, after: WebhookSettings): FieldProblem[] {
  return unreadableKept(current, after).map(([setting, member]) => ({
    path: `/${setting}${pointerToken(member)}`,
    rule: 'unreadable',
    message: 'The encryption key that it was sealed with is gone: send a new value, or null to remove it.',
  }));
}

/** What can only be said of all settings together. */
export function settingsProblems(settings: WebhookSettings, signatureHeader: string): FieldProblem[] {
  const { retryPolicy, headers } = settings;
  const readable = Object.entries(headers).filter(([, value]) => value !== unreadableValue);
  const problems = headerProblems(Object.fromEntries(readable), signatureHeader).map((problem) => ({
    ...problem,
    path: `/headers${problem.path}`,
  }));
  if (retryPolicy.maxDelayMs < retryPolicy.baseDelayMs) {
    const message = `The longest delay (${retryPolicy.maxDelayMs}) is shorter than baseDelayMs (${retryPolicy.baseDelayMs}).`;
    problems.push({ path: '/retryPolicy/maxDelayMs', rule: 'minimum', message });
  }
  const labels = Object.keys(settings.labels).length;
  if (labels > labelsMax) {
    const message = `There would be ${labels} labels: a webhook has ${labelsMax} at most.`;
    problems.push({ path: '/labels', rule: 'maxProperties', message });
  }
  problems.push(...codeProblems(settings), ...tlsProblems(settings));
  return problems;
}

function codeProblems(settings: WebhookSettings): FieldProblem[] {
  return twiceNamed(settings).map(({ entry, first, second, index }) => ({
    path: `/${second}/${index}`,
    rule: 'conflict',
    message: `${entry} is in ${first} too: an answer can mean one thing only.`,
  }));
}

function tlsProblems({ tls, url }: WebhookSettings): FieldProblem[] {
  if (tls === null) return [];
  if (!/^https:/i.test(url)) {
    return [{ path: '/tls', rule: 'scheme', message: 'TLS material can only be used with an https URL.' }];
  }
  if (Object.values(tls).includes(unreadableValue)) return [];
  return checkTls(tls, Date.now()).map(({ member, ...refusal }) => ({ ...refusal, path: `/tls/${member}` }));
}

function checkUrl(guard: AddressGuard): FieldCheck {
  return (url) => {
    const refusal = guard.checkUrl(url as string);
    return refusal === null ? [] : [{ path: '', ...refusal }];
  };
}

/** A header that is to be removed needs no value. */
function headerProblems(
  headers: Readonly<Record<string, string | null>> | null,
  signatureHeader: string,
): FieldProblem[] {
  const added = Object.entries(headers ?? {}).filter((entry): entry is [string, string] => entry[1] !== null);
  return checkHeaders(Object.fromEntries(added), signatureHeader).map(({ name, rule, message }) => ({
    path: name === '' ? '' : pointerToken(name),
    rule,
    message,
  }));
}

export const checkFilter: FieldCheck = (filter) => {
  if (filter === null) return [];
  const parsed = parseFilter(filter);
  if (parsed.ok) return [];
  return [{ path: parsed.path, rule: 'filter', message: `This is not a filter: ${parsed.message}.` }];
};
