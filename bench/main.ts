import process from "node:process";
import { benchCatalog } from "./catalog/bench.ts";
import { benchDashboard } from "./dashboard/bench.ts";
import { benchDatabase } from "./database/bench.ts";
import { benchFraming } from "./framing.ts";
import { benchGateway } from "./gateway/bench.ts";
import { benchSoak } from "./gateway/soak.ts";
import { benchInstalled } from "./installed/bench.ts";
import { benchKnowledge } from "./knowledge/bench.ts";
import type { Report, Table } from "./measure.ts";
import { benchObjects } from "./objects/bench.ts";
import { benchOrchestrator } from "./orchestrator/bench.ts";
import { benchPeers } from "./peers/bench.ts";
import { benchSearch } from "./search/bench.ts";
import { benchTracker } from "./tracker/bench.ts";

const words = process.argv.slice(2);

/** `pnpm bench [name] [--json] [--peers]`: one benchmark, or all of them. `--help` says which there are. */
const benchmarks: Readonly<Record<string, () => Report | Promise<Report>>> = {
  catalog: benchCatalog,
  dashboard: benchDashboard,
  database: benchDatabase,
  framing: benchFraming,
  gateway: () => (words.includes("--peers") ? benchPeers() : benchGateway()),
  installed: benchInstalled,
  knowledge: benchKnowledge,
  objects: benchObjects,
  orchestrator: benchOrchestrator,
  search: benchSearch,
  soak: benchSoak,
  tracker: benchTracker,
};

const HELP = `pnpm bench [NAME…] [--json]

  ${Object.keys(benchmarks).join(", ")}

Variables of the environment bound what is measured, such as

  ROUNDS=4 CONCURRENCIES=16 PARTS=cells pnpm bench gateway
  pnpm bench gateway --peers            the gateways of others beside ours, as bench/peers.json pins them
  PARTS=surfaces pnpm bench gateway    keys, audit log, traces, metrics and the feed on, beside off

All of them are in docs/benchmarks.md.
`;

const asked = words.filter((word) => !word.startsWith("--"));
const unknown = asked.filter((name) => !Object.hasOwn(benchmarks, name));

if (words.includes("--help")) {
  process.stdout.write(HELP);
} else if (unknown.length > 0) {
  const names = Object.keys(benchmarks).join(", ");
  process.stderr.write(`There is no benchmark ${unknown.join(", ")}; there is: ${names}.\n`);
  process.exitCode = 1;
} else {
  for (const name of asked.length > 0 ? asked : Object.keys(benchmarks)) await run(name);
}

async function run(name: string): Promise<void> {
  const report: Report = (await benchmarks[name]?.()) ?? { tables: [] };
  process.stdout.write(
    words.includes("--json")
      ? `${JSON.stringify({ benchmark: name, node: process.version, ...report })}\n`
      : toText(report),
  );
  if (report.failures?.length) process.exitCode = 1;
}

function toText({ heading, tables, failures = [] }: Report): string {
  return [
    ...(heading === undefined ? [] : [`${heading}\n\n`]),
    ...tables.map(toTable),
    ...failures.map((failure) => `✗ ${failure}\n`),
  ].join("");
}

function toTable({ title, rows }: Table): string {
  const columns = Object.keys(rows[0] ?? {}).map((name) => {
    const cells = [name, ...rows.map((row) => String(row[name] ?? ""))];
    const width = Math.max(...cells.map((cell) => cell.length));
    // Figures stand under each other by their last digit, words by their first letter.
    const isFigure = /^[\d.]+( \[|$)/.test(cells[1] ?? "");
    return cells.map((cell) => (isFigure ? cell.padStart(width) : cell.padEnd(width)));
  });
  const lines = columns[0]?.map((_, line) => columns.map((cells) => cells[line]).join("  ")) ?? [];
  return `${title}\n${lines.map((line) => line.trimEnd()).join("\n")}\n\n`;
}
