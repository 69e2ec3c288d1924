import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import coverage from "@vitest/coverage-v8";
import { afterAll } from "vitest";

/**
 * Of what the processes and threads of a test wrote of themselves the runner is shown what is whole: it fails on half a
 * file, which is what a process leaves that was killed, or that ran out of room, while it wrote.
 */
afterAll(() => {
  const folder = coverage.extendedContextCoverageDir;
  if (folder !== undefined && existsSync(folder)) {
    coverage.extendedContextCoverageDir = moveWhole(folder);
  }
});

function moveWhole(folder: string): string {
  const whole = join(folder, "whole");
  mkdirSync(whole);
  for (const name of readdirSync(folder)) {
    if (isWhole(join(folder, name))) renameSync(join(folder, name), join(whole, name));
  }
  return whole;
}

function isWhole(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, "utf8"));
    return true;
  } catch {
    return false;
  }
}
