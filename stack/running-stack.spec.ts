import { expect, test } from '@jest/globals';
import { environmentIn } from './running-stack.ts';

test('what a process was started with is read as the system tells it', () => {
  expect(environmentIn('A=1\0DATABASE_URL=postgresql://u:p=q@h/d\0EMPTY=\0none\0')).toEqual({
    A: '1',
    DATABASE_URL: 'postgresql://u:p=q@h/d',
    EMPTY: '',
  });
});
