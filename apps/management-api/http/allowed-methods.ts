/**
 * In: each route as it is registered. Out: the methods of a path that a request named with another one. Holds: it only
 * words a refusal (RFC 9110, section 15.5.6); nobody gets in by it.
 */
export class AllowedMethods {
  /** By pattern, as the framework writes it: `/v1/webhooks/:id`. */
  private readonly routes = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>();

  add(pattern: string, methods: string | readonly string[]): void {
    const route = this.routes.get(pattern) ?? { path: pathOf(pattern), methods: new Set<string>() };
    for (const method of [methods].flat()) route.methods.add(method);
    this.routes.set(pattern, route);
  }

  /** In the order of the alphabet; empty: there is no such path. */
  of(url: string): readonly string[] {
    const [path = ''] = url.split('?', 1);
    const fitting = [...this.routes.values()].filter((route) => route.path.test(path));
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].toSorted();
  }
}

/** Parameters take one segment, a star at the end all that follows. */
function pathOf(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map((segment) => {
      if (segment.startsWith(':')) return '[^/]+';
      return segment === '*' ? '.*' : segment.replaceAll('.', '\\.');
    })
    .join('/');
  return new RegExp(`^${source}$`);
}
