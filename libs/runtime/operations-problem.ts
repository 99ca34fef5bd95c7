/** Errors of the ports that answer /health and /metrics, in the shape that those of the API have (RFC 9457). Pure. */

export const operationsPaths: readonly string[] = ['/health/live', '/health/ready', '/metrics'];
export const operationsProblemType = 'application/problem+json';

const problems = {
  400: { code: 'malformed_request', title: 'The request cannot be read' },
  404: { code: 'route_not_found', title: 'There is no such route' },
  405: { code: 'method_not_allowed', title: 'This path takes other methods' },
  500: { code: 'internal_error', title: 'Internal error' },
} as const;

export interface OperationsProblem {
  readonly status: keyof typeof problems;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** No page is served on these ports: `type` is about:blank, and `code` says which problem it is. */
export function operationsProblem(status: OperationsProblem['status'], detail: string): OperationsProblem {
  const headers = status === 405 ? { allow: 'GET, HEAD' } : {};
  return { status, headers, body: { type: 'about:blank', status, ...problems[status], detail } };
}

/** Of a path that is asked for, or of a method that it does not take. */
export function noSuchOperation(method: string, url: string, paths = operationsPaths): OperationsProblem {
  const [path = ''] = url.split('?', 1);
  const isReading = method === 'GET' || method === 'HEAD';
  if (!isReading && paths.includes(path)) return operationsProblem(405, 'This path takes GET, HEAD.');
  return operationsProblem(
    404,
    paths.length === 0 ? 'There is nothing here.' : `The paths here are ${paths.join(', ')}.`,
  );
}
