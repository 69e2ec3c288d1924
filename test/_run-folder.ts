import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {} from "@trestle/testkit/run";
import type { TestProject } from "vitest/node";

let runFolder: string | undefined;
const chance = Date.now() % 1_000_000;

/** Gives a run its folder, and says of which kind the programs are that it starts. */
export function setup(project: TestProject): void {
  const { coverage, watch } = project.vitest.config;
  runFolder ??= realpathSync(mkdtempSync(join(tmpdir(), "trestle-run-")));
  project.provide("runFolder", runFolder);
  // What is measured, and what changes while the runner stays, is not to be found in a bundle.
  const startsSources = coverage.enabled || watch || process.env.START_SOURCES === "1";
  project.provide("startsSources", startsSources);
  const { ROUNDS, SEED } = process.env;
  if (ROUNDS === undefined) project.provide("chance", SEED === undefined ? chance : Number(SEED));
}

export function teardown(): void {
  if (runFolder !== undefined) rmSync(runFolder, { recursive: true, force: true, maxRetries: 5 });
}
