import type { Command } from "commander";
import { withExamples } from "./options.ts";

/** Whole command lines for `--help`, of commands that do not bring their own. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  "auth logout": ["trestle auth logout github"],
  stop: ["trestle stop"],
  status: ["trestle status", "trestle status --json"],
  ps: ["trestle ps"],
  doctor: ["trestle doctor", "trestle doctor --json"],
  tools: ["trestle tools"],
  find: ["trestle find list tables"],
  discover: ["trestle discover --json"],
  batch: ["trestle batch calls.json", "trestle batch - < calls.json"],
  chain: ["trestle chain double.json --input number=4", "trestle chain double.json --dry-run"],
  history: [
    "trestle history --server database --from 1h",
    "trestle history --outcome error --json",
  ],
  why: ["trestle why b8504ccb-f176-46fe-b2df-601a4c0bc1d8"],
  metrics: ["trestle metrics --from 24h"],
  "cache stats": ["trestle cache stats"],
  "cache clear": ["trestle cache clear"],
  "cache on": ["trestle cache on"],
  "cache off": ["trestle cache off"],
  "review list": ["trestle review list"],
  "review show": ["trestle review show ID"],
  "review approve": ["trestle review approve ID"],
  "review edit": ["trestle review edit ID key=value"],
  "review reject": ["trestle review reject ID --reason 'done by hand'"],
  pins: ["trestle pins"],
  "pins diff": ["trestle pins diff github", "trestle pins diff github.create_issue"],
  "pins approve": ["trestle pins approve github.create_issue"],
  webhooks: ["trestle webhooks"],
  "webhooks replay": ["trestle webhooks replay ID"],
  import: ["trestle import --dry-run", "trestle import --host claude-desktop"],
  uninstall: ["trestle uninstall --dry-run"],
  remove: ["trestle remove github --dry-run"],
  "config check": ["trestle config check", "trestle --config team.json config check"],
  "config schema": ["trestle config schema > trestle.schema.json"],
  "config print": ["trestle config print --host claude-desktop"],
};

/** Adds them to a command and all that are below it. */
export function addExamples(command: Command, path: readonly string[] = []): void {
  const examples = EXAMPLES[path.join(" ")];
  if (examples) withExamples(command, examples);
  for (const each of command.commands) addExamples(each, [...path, each.name()]);
}
