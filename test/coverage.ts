import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join, matchesGlob, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type CorePart, core } from "./_core.ts";
import { root } from "./_sources.ts";

/** Of the branches of every part. */
const LEAST_PERCENT = 95;

interface Count {
  readonly total: number;
  readonly covered: number;
}

interface Covered {
  readonly path: string;
  readonly lines: Count;
  readonly branches: Count;
  /** Lines of the branches that nothing took. */
  readonly untaken: readonly number[];
}

interface Span {
  readonly start: { readonly line: number };
}

/** What the runner writes of a file, in Istanbul's form. */
interface Report {
  readonly path: string;
  readonly statementMap: Readonly<Record<string, Span>>;
  readonly s: Readonly<Record<string, number>>;
  readonly branchMap: Readonly<
    Record<
      string,
      {
        readonly loc: Span;
        readonly locations: readonly { readonly start: Partial<Span["start"]> }[];
      }
    >
  >;
  readonly b: Readonly<Record<string, readonly number[]>>;
}

/**
 * Runs the tests of the core and prints how much of each part they execute: `pnpm coverage [part …]`. It fails where a
 * test does, or where a part is below what is asked of it. What is not executed is marked in coverage/index.html.
 */
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => core.every((part) => part.name !== name));
const parts = core.filter(({ name }) => asked.length === 0 || asked.includes(name));

if (unknown.length > 0) {
  const names = core.map(({ name }) => name).join(", ");
  process.stderr.write(`No part is called ${unknown.join(", ")}. There are: ${names}.\n`);
  process.exitCode = 1;
} else {
  const hasPassed = runTests(parts);
  const files = readReport();
  const low = parts.filter((part) => percentOf("branches", filesOf(part, files)) < LEAST_PERCENT);
  process.stdout.write(
    `\n${tableOf(parts, files)}${low.map((part) => gapsOf(part, files)).join("")}`,
  );
  process.exitCode = hasPassed && low.length === 0 ? 0 : 1;
}

function runTests(measured: readonly CorePart[]): boolean {
  rmSync(join(root, "coverage"), { recursive: true, force: true });
  const vitest = dirname(fileURLToPath(import.meta.resolve("vitest/package.json")));
  const sources = measured.flatMap((part) => part.sources);
  const { status } = spawnSync(
    process.execPath,
    [
      ...[join(vitest, "vitest.mjs"), "run", "--config=vitest.coverage.config.ts"],
      // Each file gathers what the processes of its tests wrote by itself.
      "--isolate",
      ...sources.map((glob) => `--coverage.include=${glob}`),
      ...measured.flatMap((part) => part.tests),
    ],
    // What comes compiled from a cache is counted less exactly.
    { cwd: root, stdio: "inherit", env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" } },
  );
  return status === 0;
}

function readReport(): readonly Covered[] {
  const text = readFileSync(join(root, "coverage", "coverage-final.json"), "utf8");
  return Object.values(JSON.parse(text) as Record<string, Report>).map(toCovered);
}

function toCovered({ path, statementMap, s, branchMap, b }: Report): Covered {
  const lines = new Map<number, boolean>();
  for (const [id, { start }] of Object.entries(statementMap)) {
    lines.set(start.line, lines.get(start.line) || (s[id] ?? 0) > 0);
  }
  const ways = Object.entries(branchMap).flatMap(([id, { loc, locations }]) =>
    // An else that is not written has no place of its own.
    locations.map(({ start }, at) => ({ line: start.line ?? loc.start.line, count: b[id]?.[at] })),
  );
  const untaken = ways.filter(({ count }) => !count).map(({ line }) => line);
  return {
    path: relative(root, path),
    lines: { total: lines.size, covered: [...lines.values()].filter(Boolean).length },
    branches: { total: ways.length, covered: ways.length - untaken.length },
    untaken,
  };
}

function filesOf({ sources }: CorePart, files: readonly Covered[]): readonly Covered[] {
  return files.filter(({ path }) => sources.some((glob) => matchesGlob(path, glob)));
}

function sumOf(what: "lines" | "branches", files: readonly Covered[]): Count {
  const total = files.reduce((sum, file) => sum + file[what].total, 0);
  return { total, covered: files.reduce((sum, file) => sum + file[what].covered, 0) };
}

function percentOf(what: "lines" | "branches", files: readonly Covered[]): number {
  const { total, covered } = sumOf(what, files);
  return total === 0 ? 0 : (100 * covered) / total;
}

function tableOf(measured: readonly CorePart[], files: readonly Covered[]): string {
  const rows = measured.map((part) => {
    const own = filesOf(part, files);
    return [part.name, String(own.length), cellOf("lines", own), cellOf("branches", own)];
  });
  return [["part", "files", "lines", "branches"], ...rows]
    .map(([name = "", count = "", lines = "", branches = ""]) =>
      [name.padEnd(10), count.padStart(5), lines.padStart(20), branches.padStart(20)].join(" "),
    )
    .map((line) => `${line}\n`)
    .join("");
}

function cellOf(what: "lines" | "branches", files: readonly Covered[]): string {
  const { total, covered } = sumOf(what, files);
  return `${covered}/${total}`.padStart(10) + `${percentOf(what, files).toFixed(1)} %`.padStart(9);
}

/** Where a part lacks most, with the lines. */
function gapsOf(part: CorePart, files: readonly Covered[]): string {
  const gaps = filesOf(part, files)
    .filter(({ untaken }) => untaken.length > 0)
    .sort((one, other) => other.untaken.length - one.untaken.length)
    .map(({ path, untaken }) => `  ${path}: ${untaken.join(", ")}\n`);
  return `\n${part.name} is below ${LEAST_PERCENT} % of its branches. Not taken:\n${gaps.join("")}`;
}
