/** Room for the data of embedded parts. What other servers have on their disks is for their own monitoring. */
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { ok, trouble, type Finding } from '../../libs/domain/system/finding.ts';
import { parts } from '../environment.ts';

/** As much as a start asks for. */
const megabytesToFail = 500;
const megabytesToWarn = 2_000;

/** Nothing where no embedded part ever kept data. @param folder where they keep it, each below its name */
export function examineDisk(folder: string): readonly Finding[] {
  if (!parts.some((part) => existsSync(join(folder, part)))) return [];
  const { bavail, bsize } = statfsSync(folder);
  return [judgeDisk(Math.floor((bavail * bsize) / 1_000_000), folder)];
}

/** Pure. */
export function judgeDisk(freeMegabytes: number, folder: string): Finding {
  const says = `${freeMegabytes} MB are free at ${folder}`;
  if (freeMegabytes >= megabytesToWarn) return ok('disk', says);
  const severity = freeMegabytes < megabytesToFail ? 'error' : 'warning';
  const remedy = `free some space: Kafka and PostgreSQL stop on a full disk, and npm start needs ${megabytesToFail} MB`;
  return trouble('disk', severity, `only ${says}`, remedy);
}
