/** Whether DATABASE_URL gives sessions, and what it means for setup and apps where it does not. */
import { connectionKind, wayAroundPooler, type ConnectionKind } from '../../libs/postgres/server/pooler-probe.ts';
import { trouble, type Finding } from '../../libs/domain/system/finding.ts';

/** Nothing while PostgreSQL does not answer: that is told by whoever asks it more. */
export async function examinePooler(databaseUrl: string): Promise<readonly Finding[]> {
  try {
    return judgeConnection(await connectionKind(databaseUrl));
  } catch {
    return [];
  }
}

/** Pure. */
export function judgeConnection(kind: ConnectionKind): readonly Finding[] {
  switch (kind) {
    case 'sessions':
      return [];
    case 'transactions': {
      const says =
        'DATABASE_URL is a pooler in transaction mode that keeps prepared statements: the apps work through it';
      return [
        trouble('database', 'notice', says, 'give setup the DATABASE_URL of PostgreSQL itself, it needs a session'),
      ];
    }
    case 'lossy transactions': {
      const says =
        'DATABASE_URL is a pooler in transaction mode that loses prepared statements: the history cannot be written';
      return [trouble('database', 'error', says, wayAroundPooler)];
    }
  }
}
