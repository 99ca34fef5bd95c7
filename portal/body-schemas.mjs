/**
 * `virtual:body-schemas`: the JSON Schemas of what forms send, cut out of the contract while the portal is built. Forms
 * take their bounds from there, so that no rule is written twice.
 */
import { openApiDocument } from '../libs/api-contract/openapi.ts';

const name = 'virtual:body-schemas';
const resolved = `\0${name}`;
/** Operations that a form of the portal sends. */
const operations = ['createWebhook', 'updateWebhook', 'rotateSecret', 'sendTestEvent', 'createReplay', 'testFilter'];

export function bodySchemas() {
  return {
    name: 'portal-body-schemas',
    resolveId: (id) => (id === name ? resolved : null),
    load: (id) => (id === resolved ? `export const bodySchemas = ${JSON.stringify(cutOut())};` : null),
  };
}

/** @returns {Record<string, unknown>} by operation id */
function cutOut() {
  const { paths, components } = openApiDocument('0');
  const named = (schema = {}) => components.schemas[schema.$ref?.split('/').at(-1)] ?? schema;
  const found = Object.values(paths)
    .flatMap((path) => Object.values(path))
    .filter(({ operationId }) => operations.includes(operationId))
    .map(({ operationId, requestBody }) => [operationId, named(Object.values(requestBody?.content ?? {})[0]?.schema)]);
  return Object.fromEntries(found);
}
