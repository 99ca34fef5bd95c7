/** From the address to the screen. Routes are made of what the folders below screens/ say of themselves. */
import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { lazy } from 'react';
import { basePath } from '../api/page-addresses.ts';
import { noteNavigation } from './page.tsx';
import { NoSuchPage, ScreenError } from './screen-error.tsx';
import { Root } from './root.tsx';
import { screens } from './screen.ts';
import { parseSearch, stringifySearch } from './search.ts';

const rootRoute = createRootRoute({ component: Root, notFoundComponent: NoSuchPage });

const routes = screens.map(({ path, load }) =>
  createRoute({
    getParentRoute: () => rootRoute,
    path,
    component: lazy(async () => ({ default: (await load()).Screen })),
    // Another id is another page: nothing of the one before stays.
    remountDeps: ({ params }) => params,
  }),
);

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  basepath: basePath,
  parseSearch,
  stringifySearch,
  defaultErrorComponent: ScreenError,
  defaultPendingMs: 0,
  // Back goes to where one was, by the browser's own means.
  scrollRestoration: false,
});

router.subscribe('onBeforeNavigate', ({ pathChanged, fromLocation }) => {
  if (fromLocation !== undefined && pathChanged) noteNavigation();
});
