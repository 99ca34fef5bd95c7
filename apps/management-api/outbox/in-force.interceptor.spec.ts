import 'reflect-metadata';
import type { ExecutionContext } from '@nestjs/common';
import { expect, test } from '@jest/globals';
import { defer, firstValueFrom } from 'rxjs';
import { createWebhook, getWebhook } from '../../../libs/api-contract/webhooks.ts';
import { InForceInterceptor } from './in-force.interceptor.ts';

/** @returns the answer, and what was done in which order */
async function answered(operation: object, answer: object, isInForce: boolean) {
  const done: string[] = [];
  const interceptor = new InForceInterceptor({
    isInForce: (id) => {
      done.push(`wait for ${id}`);
      return Promise.resolve(isInForce);
    },
  });
  const handler = () => undefined;
  Reflect.defineMetadata('operation', operation, handler);
  const committed = async () => {
    await Promise.resolve();
    done.push('commit');
    return answer;
  };
  const context = { getHandler: () => handler } as unknown as ExecutionContext;
  const shown: unknown = await firstValueFrom(interceptor.intercept(context, { handle: () => defer(committed) }));
  return { shown, done };
}

test('a change is waited for once it is committed', async () => {
  expect(await answered(createWebhook, { id: 'w', secret: 's' }, true)).toEqual({
    shown: { id: 'w', secret: 's' },
    done: ['commit', 'wait for w'],
  });
});

test('one that does not count yet says so', async () => {
  expect((await answered(createWebhook, { id: 'w' }, false)).shown).toEqual({ id: 'w', inForce: false });
});

test('what changes no webhook waits for nothing', async () => {
  expect((await answered(getWebhook, { id: 'w' }, false)).done).toEqual(['commit']);
});
