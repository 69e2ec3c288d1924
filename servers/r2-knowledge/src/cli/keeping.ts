import { createProgressBar, table } from "@trestle/cli";
import { EXIT, TrestleError } from "@trestle/protocol";
import { parseSince } from "../knowledge/since.ts";
import { countFor } from "./options.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface Json {
  readonly json?: boolean;
}

/** The commands that keep copies and bring them back. */
export function addKeeping({ program, runs }: KnowledgeCli): void {
  const backup = program.command("backup").description("create, list, verify or prune backups");
  backup
    .command("create")
    .description("keep all records as they are now")
    .option("--json", "print the answer as JSON")
    .action(runs(create));
  backup
    .command("list")
    .description("list the points in time that can come back")
    .option("--json", "print the answer as JSON")
    .action(runs(list));
  backup
    .command("verify")
    .description("read all that the backups hold, and tell what was changed")
    .option("--json", "print the answer as JSON")
    .action(runs(verify));
  backup
    .command("prune")
    .description("take away the backups that no rule keeps")
    .option("--last <n>", "keep the newest so many", countFor("--last", 10_000))
    .option("--daily <n>", "keep one of each of so many days", countFor("--daily", 10_000))
    .option("--weekly <n>", "keep one of each of so many weeks", countFor("--weekly", 10_000))
    .option("--monthly <n>", "keep one of each of so many months", countFor("--monthly", 10_000))
    .option("--dry-run", "only tell what would go")
    .option("--yes", "do not ask")
    .option("--json", "print the answer as JSON")
    .action(runs(prune));
  program
    .command("restore")
    .description("bring the records back as they were")
    .option("--at <time>", "the point in time: 24h (ago), or a date; the newest backup by default")
    .option("--into <prefix>", "beside what is there, below this prefix, such as restored/")
    .option("--dry-run", "only tell what would happen")
    .option("--yes", "do not ask")
    .option("--json", "print the answer as JSON")
    .action(runs(restore));
  program
    .command("sync")
    .description("keep the configured other bucket or folder equal with this knowledge")
    .option("--both", "the other's news come here, too")
    .option("--deletes", "deletions travel, too")
    .option("--conflicts <rule>", "newer, source, target, keep-both or report", "newer")
    .option("--dry-run", "only tell what would happen")
    .option("--yes", "do not ask")
    .option("--json", "print the answer as JSON")
    .action(runs(sync));
}

interface SyncOptions extends Json {
  readonly both?: boolean;
  readonly deletes?: boolean;
  readonly conflicts: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const RULES = ["newer", "source", "target", "keep-both", "report"] as const;

async function sync(place: Place, options: SyncOptions) {
  const { operations, terminal, clock, signal } = place;
  const { both = false, deletes = false, dryRun = false, yes, json } = options;
  const conflicts = RULES.find((rule) => rule === options.conflicts);
  if (!conflicts) {
    throw new TrestleError(
      "invalid_input",
      `--conflicts must be one of ${RULES.join(", ")}, not "${options.conflicts}".`,
    );
  }
  const question = "Let deletions travel: what is gone on one side is deleted on the other?";
  if (deletes && !dryRun && !(await place.confirm(question, yes))) return EXIT.ok;
  const bar = createProgressBar(terminal, clock);
  const result = await operations.sync({
    rules: { direction: both ? "both" : "one-way", deletes, conflicts },
    ...{ dryRun, signal },
    onProgress: ({ done, total }) => bar.show(`${done} of ${total}`, done / total),
  });
  bar.clear();
  const { copied, deleted, steps, conflicts: told, overtaken } = result;
  if (json) terminal.print(JSON.stringify(result, null, 2));
  else if (dryRun) terminal.print(`${steps.length} records to copy, delete or compare.`);
  else {
    terminal.print(
      `Copied ${copied.toTarget} there and ${copied.toSource} here, deleted ${deleted.inTarget} there and ${deleted.inSource} here.`,
    );
  }
  for (const { key, why } of told) terminal.warn(`${key}: ${why}`);
  if (overtaken.length > 0)
    terminal.warn(`${overtaken.length} were written meanwhile: run it again.`);
  return told.length === 0 ? EXIT.ok : EXIT.failed;
}

async function create({ operations, terminal, clock, signal }: Place, { json }: Json) {
  const bar = createProgressBar(terminal, clock);
  const result = await operations.backups.create({
    signal,
    onProgress: ({ objects }) => bar.show(`${objects} objects`),
  });
  bar.clear();
  const { snapshot, unchanged, written } = result;
  if (json) terminal.print(JSON.stringify({ ...snapshot, unchanged, written }, null, 2));
  else {
    terminal.print(
      `Kept ${snapshot.objects} objects, ${unchanged} as before; ${written} new bytes.`,
    );
  }
  return EXIT.ok;
}

async function list({ operations, terminal, signal }: Place, { json }: Json) {
  const backups = (await operations.backups.list({ signal })).map(
    ({ id, finished, objects, bytes }) => ({
      ...{ finished: new Date(finished).toISOString(), objects, bytes, id },
    }),
  );
  if (json) terminal.print(JSON.stringify(backups, null, 2));
  else if (backups.length === 0) terminal.print("There is no backup yet: backup create makes one.");
  else {
    const rows = backups.map(({ finished, objects, bytes, id }) => [finished, objects, bytes, id]);
    terminal.print(table(["finished", "objects", "bytes", "id"], rows, terminal));
  }
  return EXIT.ok;
}

async function verify({ operations, terminal, clock, signal }: Place, { json }: Json) {
  const bar = createProgressBar(terminal, clock);
  const result = await operations.backups.verify({
    signal,
    onProgress: ({ done, total }) => bar.show(`${done} of ${total} packs`, done / total),
  });
  bar.clear();
  if (json) terminal.print(JSON.stringify(result, null, 2));
  else {
    for (const { problem, key, detail, objects } of result.findings) {
      const of = objects.length === 0 ? "" : ` Objects: ${objects.join(", ")}.`;
      terminal.print(`${problem}: ${key}. ${detail}${of}`);
    }
    terminal.print(
      `${result.snapshots} backups, ${result.packs} packs, ${result.bytes} bytes read: ${result.findings.length} problems.`,
    );
  }
  return result.findings.length === 0 ? EXIT.ok : EXIT.failed;
}

interface PruneOptions extends Json {
  readonly last?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

async function prune(place: Place, { json, dryRun = false, yes, ...rules }: PruneOptions) {
  const { operations, terminal, signal } = place;
  const plan = await operations.backups.prune(rules, { dryRun: true, signal });
  const isWanted =
    !dryRun &&
    plan.removed.length > 0 &&
    (await place.confirm(`Delete ${plan.removed.length} backups for ever?`, yes));
  const result = isWanted ? await operations.backups.prune(rules, { dryRun: false, signal }) : plan;
  if (json) terminal.print(JSON.stringify({ dryRun: !isWanted, ...result }, null, 2));
  else {
    const done = isWanted ? "removed" : "would go";
    terminal.print(
      `${result.kept.length} backups stay, ${result.removed.length} ${done}, with ${result.bytes} bytes.`,
    );
  }
  return EXIT.ok;
}

interface RestoreOptions extends Json {
  readonly at?: string;
  readonly into?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

async function restore(place: Place, { at, into, dryRun, yes, json }: RestoreOptions) {
  const { operations, terminal, clock, signal } = place;
  const bar = createProgressBar(terminal, clock);
  const asked = {
    ...{ into, signal },
    at: at === undefined ? undefined : parseSince(at, clock.now(), "--at"),
    onProgress: ({ done, total }: { done: number; total: number }) =>
      bar.show(`${done} of ${total}`, done / total),
  };
  const { snapshot, plan } = await operations.backups.planRestore(asked);
  const of = new Date(snapshot.finished).toISOString();
  const count = (action: string) => plan.steps.filter((step) => step.action === action).length;
  const planned = {
    created: count("create"),
    replaced: count("replace"),
    deleted: count("delete"),
  };
  const told = `${planned.created} to create, ${planned.replaced} to replace, ${planned.deleted} to delete, ${plan.unchanged} as they were`;
  if (dryRun) {
    terminal.print(
      json
        ? JSON.stringify({ of, ...planned, unchanged: plan.unchanged }, null, 2)
        : `Backup of ${of}: ${told}.`,
    );
    return EXIT.ok;
  }
  const where = into === undefined ? "over what is there now" : `below ${into}`;
  if (!(await place.confirm(`Restore the backup of ${of} ${where} (${told})?`, yes)))
    return EXIT.ok;
  const { conflicts, ...result } = await operations.backups.restore(asked);
  bar.clear();
  if (json) terminal.print(JSON.stringify({ of, ...result, conflicts }, null, 2));
  else {
    terminal.print(
      `Restored the backup of ${of}: ${result.created} created, ${result.replaced} replaced, ${result.deleted} deleted.`,
    );
    for (const key of conflicts) terminal.warn(`${key} was written meanwhile and is left.`);
  }
  return conflicts.length === 0 ? EXIT.ok : EXIT.failed;
}
