/** After the last real-stack test: the shared servers go. */
export default async function globalTeardown() {
  await globalThis.portalStageTeardown?.();
  await globalThis.testStackTeardown?.();
}
