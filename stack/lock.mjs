/**
 * One at a time in a folder: a file with the process that holds it. Plain JavaScript for any Node from 20 on: it is asked
 * before anything is installed. What must hold: of several that come at once, also behind one that was killed, one gets it.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Longer than it takes to look at a file and replace it. */
const takeOverMsMax = 10_000;

/**
 * @param {string} file
 * @param {(pid: number) => boolean} isHolder whether the process of this id lives, and is one that takes this lock
 * @returns {{ release: () => void } | { heldBy: number }}
 */
export function takeLock(file, isHolder) {
  mkdirSync(dirname(file), { recursive: true });
  // Whole before it has its name: nobody ever reads half a lock.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (;;) {
      if (linked(own, file)) return { release: () => release(file) };
      const holder = holderOf(file);
      if (holder !== null && holder !== process.pid && isHolder(holder)) return { heldBy: holder };
      if (holder !== null) takeOver(file, own, holder);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Whoever makes the file for this dead holder may put its own in place; the others look again. */
function takeOver(file, own, holder) {
  const right = `${file}.over-${holder}`;
  if (!linked(own, right)) {
    // One that was killed in between keeps nobody out.
    if (ageMs(right) > takeOverMsMax) rmSync(right, { force: true });
    return;
  }
  try {
    if (holderOf(file) === holder) rmSync(file, { force: true });
  } finally {
    rmSync(right, { force: true });
  }
}

function release(file) {
  if (holderOf(file) === process.pid) rmSync(file, { force: true });
}

/** False: it is there already. */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Null: nobody has it. */
function holderOf(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // What is no number was not written here, and holds nothing.
    return Number.isInteger(pid) && pid > 0 ? pid : 0;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function ageMs(file) {
  try {
    return Date.now() - statSync(file).ctimeMs;
  } catch {
    return 0;
  }
}
