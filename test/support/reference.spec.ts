/**
 * docs/reference.md says what the code says: what is missing there and what is there no more both fail, and the rows
 * to add are shown as they have to be written.
 */
import { describe, expect, test } from '@jest/globals';
import { ReferenceDocument } from './reference-document.ts';
import {
  commandRows,
  configRows,
  doctorRows,
  exitCodeRows,
  metricRows,
  operationRows,
  portRows,
  problemRows,
  publicationWarningRows,
  rejectionRows,
  schemas,
  topicRows,
  unionMembers,
  type Row,
} from './reference-facts.ts';

const document = ReferenceDocument.read();

/** `columns` of the document are compared; further ones are explanations. */
function expectTable(heading: string, expected: readonly Row[]): void {
  const columns = expected[0]?.length ?? 1;
  const shown = (rows: readonly Row[]) => rows.map((row) => `| ${row.join(' | ')} |`);
  const written = shown(document.rows(heading, columns));
  const wanted = shown(expected).map(withoutTicks);
  const missing = wanted.filter((row) => !written.includes(row));
  const stale = written.filter((row) => !wanted.includes(row));
  expect({ heading, missing, stale }).toEqual({ heading, missing: [], stale: [] });
  expect(new Set(written).size).toBe(written.length);
}

/** The document is read without the marks of code. */
function withoutTicks(text: string): string {
  return text.replaceAll('`', '');
}

test('every topic is there, with its value and how long it is kept', () => {
  expectTable('Topics', topicRows());
});

describe('every schema is there, field by field', () => {
  const all = schemas();
  const delivery = all.find(({ name }) => name === 'webhook.deliveries');
  const shared = new Set(delivery?.rows.map((row) => row.join(' | ')));

  test.each(all)('$name', ({ name, doc, rows }) => {
    const heading = `Value of ${name}`;
    expect(document.prose(heading)).toContain(withoutTicks(doc));
    const extends_ = /All fields of webhook\.deliveries, and:/.test(document.prose(heading));
    if (!extends_) {
      expectTable(heading, rows);
      return;
    }
    const own = rows.filter((row) => !shared.has(row.join(' | ')));
    expect(rows.length - own.length).toBe(shared.size);
    expectTable(heading, own);
  });

  test('and no other', () => {
    const described = document.headings().filter((heading) => heading.startsWith('Value of '));
    expect(described.sort()).toEqual(all.map(({ name }) => `Value of ${name}`).sort());
  });
});

test('every configuration key is there, with its default and who reads it', async () => {
  expectTable('Configuration', await configRows());
});

test('every app is there, with its port', async () => {
  expectTable('Ports', await portRows());
});

test('every metric is there, with its labels', () => {
  expectTable('Metrics', metricRows());
});

test('every operation of the API is there, with who may use it', () => {
  expectTable('Operations', operationRows());
});

test('every command is there, with its exit codes', () => {
  expectTable('Commands', commandRows());
  expectTable('Exit codes', exitCodeRows());
});

test('every area that the doctor looks at is there', () => {
  expectTable('Doctor', doctorRows());
});

test('every problem of the API is there', () => {
  expectTable('Problems', problemRows());
});

test('every warning to publishers is there', () => {
  expectTable('Warnings', publicationWarningRows());
});

test('every reason to reject an event is there', () => {
  expectTable('Rejected events', rejectionRows());
});

describe('every word of a fixed list is there', () => {
  test.each([
    ['Status', 'libs/domain/delivery/outcome.ts', ['OutcomeStatus']],
    ['Reasons of a retry', 'libs/domain/delivery/outcome-reason.ts', ['RetryableReason']],
    ['Reasons of an end', 'libs/domain/delivery/outcome-reason.ts', ['PermanentReason']],
    ['Kinds of error', 'libs/domain/delivery/outcome-reason.ts', ['AttemptErrorKind']],
    ['Triggers', 'libs/domain/delivery/delivery.ts', ['Trigger']],
    ['Kinds of delivery', 'libs/domain/delivery/delivery.ts', ['DeliveryKind']],
    ['Reasons to park', 'libs/domain/delivery/delivery.ts', ['ParkedReason']],
    ['Decisions', 'libs/domain/event/webhook-event.ts', ['DecisionKind']],
    ['Notices', 'libs/domain/health/notice.ts', ['NoticeType']],
    ['States of a webhook', 'libs/domain/health/webhook-health.ts', ['HealthState']],
    ['Who disabled it', 'libs/domain/webhook/webhook.ts', ['DisabledBy']],
    ['Why a request is not valid', 'libs/domain/signature/verify-delivery.ts', ['InvalidReason']],
  ])('%s', (heading, path, types) => {
    expectTable(
      heading,
      types.flatMap((type) => unionMembers(path, type)).map((member) => [member]),
    );
  });
});
