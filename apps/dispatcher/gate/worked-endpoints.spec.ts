import { describe, expect, test } from '@jest/globals';
import { noAnswerCodes } from '../../../libs/domain/delivery/answer-codes.ts';
import type { AttemptResult } from '../../../libs/domain/delivery/attempt.ts';
import { pausedBefore, WorkedEndpoints } from './worked-endpoints.ts';

const hourMs = 3_600_000;

function answer(code: number): AttemptResult {
  return { kind: 'answer', code, headers: {}, bodySample: Buffer.alloc(0), bodyTruncated: false, latencyMs: 5 };
}

function answered(worked: WorkedEndpoints, webhookId: string, result: AttemptResult, now: number): void {
  worked.answered(webhookId, result, now, noAnswerCodes);
}

/** Begun at 0 with its partitions; `wh_1` was there before. */
function begun(): WorkedEndpoints {
  const worked = new WorkedEndpoints();
  worked.defined('wh_1', null, 1, 0);
  worked.live();
  worked.assigned(0);
  return worked;
}

describe('#3 an endpoint that refuses', () => {
  test('#232 has worked when it was paused for longer than a day, and refuses for as long as it was not paused', () => {
    const worked = begun();
    answered(worked, 'wh_1', answer(200), 30 * hourMs);
    const pausedMs = pausedBefore(
      { pausedSince: 1_000_000 + 31 * hourMs, pausedUntil: 1_000_000 + 80 * hourMs },
      1_000_000 + 81 * hourMs,
      81 * hourMs,
    );
    answered(worked, 'wh_1', answer(404), 81 * hourMs);
    expect(worked.refusesForMs('wh_1', 81 * hourMs, false, pausedMs)).toBe(0);
    expect(worked.refusesForMs('wh_1', 81 * hourMs)).toBeNull();
    answered(worked, 'wh_2', answer(200), 0);
    answered(worked, 'wh_2', answer(404), 30 * hourMs);
    answered(worked, 'wh_3', answer(404), 23 * hourMs);
    expect(worked.refusesForMs('wh_2', 81 * hourMs, false, pausedMs)).toBeNull();
    expect(worked.refusesForMs('wh_3', 81 * hourMs, false, pausedMs)).toBe(9 * hourMs);
  });

  test('has worked when it was seen to within a day before', () => {
    const worked = begun();
    answered(worked, 'wh_1', answer(200), 30 * hourMs);
    answered(worked, 'wh_1', answer(404), 31 * hourMs);
    expect(worked.refusesForMs('wh_1', 31 * hourMs + 20_000)).toBe(20_000);
    answered(worked, 'wh_1', answer(404), 90 * hourMs);
    expect(worked.refusesForMs('wh_1', 90 * hourMs)).toBe(59 * hourMs);
  });

  test('at an URL of before says nothing about the present one', () => {
    const worked = begun();
    answered(worked, 'wh_1', answer(200), hourMs);
    worked.defined('wh_1', 1, 2, 2 * hourMs);
    expect(worked.refusesForMs('wh_1', 2 * hourMs)).toBeNull();
    expect(worked.refusesForMs('wh_1', 2 * hourMs, true)).toBe(0);
  });

  test('has not worked when it was not seen to for a day', () => {
    const worked = begun();
    answered(worked, 'wh_1', answer(200), hourMs);
    answered(worked, 'wh_1', answer(404), 25 * hourMs);
    expect(worked.refusesForMs('wh_1', 25 * hourMs)).toBeNull();
  });

  test('has not worked when it was made, or moved, before our eyes and has answered nothing good since', () => {
    const worked = begun();
    worked.defined('wh_2', null, 1, 5);
    answered(worked, 'wh_2', answer(404), 10);
    expect(worked.refusesForMs('wh_2', 10)).toBeNull();
    answered(worked, 'wh_2', answer(202), 20);
    answered(worked, 'wh_2', answer(403), 30);
    expect(worked.refusesForMs('wh_2', 30)).toBe(0);
    worked.defined('wh_2', 1, 4, 40);
    answered(worked, 'wh_2', answer(404), 50);
    expect(worked.refusesForMs('wh_2', 50)).toBeNull();
    // Another change than that of its URL says nothing new.
    answered(worked, 'wh_2', answer(200), 60);
    worked.defined('wh_2', 4, 4, 70);
    answered(worked, 'wh_2', answer(404), 80);
    expect(worked.refusesForMs('wh_2', 80)).toBe(0);
  });

  test('is taken for one that worked after a restart, for a day, and after its partition came from another member', () => {
    const worked = begun();
    answered(worked, 'wh_1', answer(404), hourMs);
    expect(worked.refusesForMs('wh_1', hourMs)).toBe(0);
    answered(worked, 'wh_1', answer(500), 25 * hourMs);
    answered(worked, 'wh_1', answer(404), 26 * hourMs);
    expect(worked.refusesForMs('wh_1', 26 * hourMs)).toBeNull();
    worked.defined('wh_2', null, 1, 27 * hourMs);
    worked.assigned(28 * hourMs);
    expect(worked.refusesForMs('wh_2', 28 * hourMs)).toBe(0);
    expect(worked.refusesForMs('wh_1', 28 * hourMs)).toBe(2 * hourMs);
  });

  test('begins anew after any other answer, and no error of the way counts', () => {
    const worked = begun();
    answered(worked, 'wh_1', answer(404), 0);
    answered(worked, 'wh_1', { kind: 'error', errorKind: 'connect', message: '', latencyMs: 1 }, 100);
    expect(worked.refusesForMs('wh_1', 500)).toBe(500);
    answered(worked, 'wh_1', answer(503), 600);
    answered(worked, 'wh_1', answer(404), 700);
    expect(worked.refusesForMs('wh_1', 800)).toBe(100);
  });

  test('has worked when its webhook takes the refusal for a success, and not when that is final', () => {
    const worked = begun();
    worked.defined('wh_2', null, 1, 5);
    worked.answered('wh_2', answer(404), 10, { ...noAnswerCodes, successCodes: ['404'] });
    worked.answered('wh_2', answer(403), 20, noAnswerCodes);
    expect(worked.refusesForMs('wh_2', 30)).toBe(10);
    worked.defined('wh_3', null, 1, 5);
    worked.answered('wh_3', answer(404), 10, { ...noAnswerCodes, failOn: ['404'] });
    expect(worked.refusesForMs('wh_3', 30)).toBeNull();
  });
});
