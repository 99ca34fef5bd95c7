#!/usr/bin/env node
/** The door of the package. What Node.js 20 does not have yet is there before anything is loaded. */
URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null);
Promise.withResolvers ??= function withResolvers() {
  const settled = {};
  settled.promise = new this((resolve, reject) => Object.assign(settled, { resolve, reject }));
  return settled;
};
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index);
    index += 1;
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
};

await import('../dist/main.mjs');
