/** Asks one after the other: the next when the one before has failed or has been silent for a while. The first answer counts. */

/** @throws what the first of them threw, when none answers */
export function firstAnswer<From, Answer>(
  candidates: readonly From[],
  ask: (from: From) => Promise<Answer>,
  headStartMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let underWay = 0;
    let timer: NodeJS.Timeout | undefined;
    const failures: Error[] = [];
    const fail = (error: unknown) => {
      underWay -= 1;
      failures.push(error instanceof Error ? error : new Error(String(error)));
      if (next < candidates.length) begin();
      else if (underWay === 0) reject(failures[0] ?? new Error('nobody answered'));
    };
    const succeed = (answer: Answer) => {
      clearTimeout(timer);
      next = candidates.length;
      resolve(answer);
    };
    const begin = () => {
      clearTimeout(timer);
      const from = candidates[next] as From;
      next += 1;
      underWay += 1;
      if (next < candidates.length) timer = setTimeout(begin, headStartMs);
      ask(from).then(succeed, fail);
    };
    if (candidates.length === 0) reject(new Error('there is nobody to ask'));
    else begin();
  });
}
