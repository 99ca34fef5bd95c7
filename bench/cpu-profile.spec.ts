import { expect, test } from '@jest/globals';
import { dearestFunctions } from './cpu-profile.ts';

const node = (id: number, functionName: string, url = '') => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
});

test('functions are told by their own time, and idling is none', () => {
  const profile = {
    nodes: [
      node(1, '(idle)'),
      node(2, 'post', 'file:///srv/dist/apps/dispatcher/post.js'),
      node(3, '', 'file:///srv/dist/apps/dispatcher/post.js'),
      node(4, 'post', 'file:///srv/dist/apps/dispatcher/post.js'),
    ],
    samples: [1, 2, 3, 4, 2],
    timeDeltas: [9_000, 1_000, 500, 2_000, 1_000],
  };
  expect(dearestFunctions(profile, 2)).toEqual([
    { name: 'post apps/dispatcher/post.js:10', selfMs: 4 },
    { name: '(anonymous) apps/dispatcher/post.js:10', selfMs: 0.5 },
  ]);
});
