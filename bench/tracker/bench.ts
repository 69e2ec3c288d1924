import process from "node:process";
import { choiceFrom, progress, type Report, writeResult } from "../measure.ts";
import { benchDrain } from "./drain.ts";
import { benchParse } from "./parse.ts";
import type { PartResult } from "./part.ts";
import { benchStore } from "./store.ts";
import { benchTools } from "./tools.ts";
import { benchVisible } from "./visible.ts";

const PARTS: Readonly<Record<string, () => PartResult | Promise<PartResult>>> = {
  drain: benchDrain,
  parse: benchParse,
  store: benchStore,
  tools: benchTools,
  visible: benchVisible,
};

/** What the tracker finds and how fast: PARTS chooses. */
export async function benchTracker(): Promise<Report> {
  const results: Record<string, PartResult> = {};
  for (const name of choiceFrom("PARTS", Object.keys(PARTS))) {
    progress(name);
    const part = await PARTS[name]?.();
    if (part !== undefined) results[name] = part;
  }
  const all = Object.values(results);
  const failures = all.flatMap((part) => part.failures);
  const figures = Object.entries(results).map(([name, part]) => [name, part.result]);
  writeResult("tracker", { node: process.version, ...Object.fromEntries(figures), failures });
  return {
    heading: ["What the tracker finds.", ...all.flatMap((part) => part.notes)].join("\n"),
    tables: all.flatMap((part) => part.tables),
    failures,
  };
}
