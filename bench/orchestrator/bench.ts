import process from "node:process";
import { choiceFrom, type Report, writeResult } from "../measure.ts";
import type { PartResult } from "./part.ts";
import { benchShared } from "./shared.ts";
import { benchSqlite } from "./sqlite.ts";

const PARTS: Readonly<Record<string, () => PartResult | Promise<PartResult>>> = {
  shared: benchShared,
  sqlite: benchSqlite,
};

/** What durability costs a workflow: PARTS chooses. */
export async function benchOrchestrator(): Promise<Report> {
  const results: Record<string, PartResult> = {};
  for (const name of choiceFrom("PARTS", Object.keys(PARTS))) {
    const part = await PARTS[name]?.();
    if (part !== undefined) results[name] = part;
  }
  const all = Object.values(results);
  const failures = all.flatMap((part) => part.failures);
  const figures = Object.entries(results).map(([name, part]) => [name, part.result]);
  writeResult("orchestrator", { node: process.version, ...Object.fromEntries(figures), failures });
  return {
    heading: "What durability costs a workflow.",
    tables: all.flatMap((part) => part.tables),
    failures,
  };
}
