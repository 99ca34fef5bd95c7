/** How a command ended, for scripts. Documented in docs/reference.md and held against it. */
export const exitCodes = {
  done: { code: 0, meaning: 'Success; also after Ctrl-C in commands that run until then.' },
  refused: { code: 1, meaning: 'The API refused the request, or the awaited result did not come or was a failure.' },
  usage: { code: 2, meaning: 'The command line or the configuration is wrong; nothing was done.' },
  unreachable: {
    code: 3,
    meaning: 'The API does not answer; for `topics`, `map` and `rejected` Kafka or the registry.',
  },
  unverified: { code: 4, meaning: 'A signature does not verify (`verify`, `listen`).' },
  defect: { code: 5, meaning: 'A defect of the command itself.' },
  interrupted: { code: 130, meaning: 'Ctrl-C or another signal ended it before it was done.' },
} as const;

export type ExitKind = keyof typeof exitCodes;
