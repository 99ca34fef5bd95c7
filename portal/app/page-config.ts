/** What the server says of this installation, for components. */
import { createContext, use } from 'react';
import { defaultConfig, type PageConfig } from '../api/page-addresses.ts';

export const PageConfigContext = createContext<PageConfig>(defaultConfig);

export function usePageConfig(): PageConfig {
  return use(PageConfigContext);
}
