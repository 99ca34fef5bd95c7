import { expect, test } from '@jest/globals';
import { javaMajorVersion } from './java.ts';

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_392"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.2" 2024-01-16 LTS', 21],
  ['command not found', null],
])('%p is Java %p', (text, version) => {
  expect(javaMajorVersion(text)).toBe(version);
});
