declare module 'virtual:body-schemas' {
  /** JSON Schemas of bodies, by operation id; see body-schemas.mjs. */
  export const bodySchemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

declare module '*.po' {
  export const messages: import('@lingui/core').Messages;
}

declare module '*?raw' {
  const text: string;
  export default text;
}
