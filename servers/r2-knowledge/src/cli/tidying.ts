import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createProgressBar, table } from "@trestle/cli";
import { EXIT, messageOf, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { parseSpan } from "../knowledge/since.ts";
import type { LifecyclePlan } from "../lifecycle/plan-lifecycle.ts";
import { type LifecyclePolicy, lifecyclePolicy } from "../lifecycle/policy.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface Json {
  readonly json?: boolean;
}

/** The commands that decide what stays, and whether a fix holds. */
export function addTidying({ program, runs }: KnowledgeCli): void {
  const lifecycle = program
    .command("lifecycle")
    .description("what becomes of records with time, and what is on hold");
  lifecycle.command("show").description("print the policy").action(runs(show));
  lifecycle
    .command("set")
    .description("replace the policy by that of a file")
    .argument("<file>", "JSON: { rules, holds, keepAtLeast }")
    .action(runs(set));
  lifecycle
    .command("plan")
    .description("tell what would go by now")
    .option("--json", "print the answer as JSON")
    .action(runs(plan));
  lifecycle
    .command("apply")
    .description("delete and archive what the plan tells")
    .option("--yes", "do not ask")
    .option("--json", "print the answer as JSON")
    .action(runs(apply));
  program
    .command("cleanup")
    .description("delete diagnoses that nobody met, changed or tried for long")
    .requiredOption("--older-than <span>", "such as 30d or 12w")
    .option("--dry-run", "only tell what would go")
    .option("--yes", "do not ask")
    .option("--json", "print the answer as JSON")
    .action(runs(cleanup));
  program
    .command("check")
    .description("run the configured check, and record it as the outcome of a diagnosis")
    .argument("<id>", "of the diagnosis")
    .action(runs(check));
}

async function show({ operations, terminal, signal }: Place) {
  terminal.print(JSON.stringify(await operations.lifecycle.policy({ signal }), null, 2));
  return EXIT.ok;
}

async function set({ operations, terminal, process, signal }: Place, file: string) {
  const policy = await readPolicy(resolve(process.cwd(), file));
  await operations.lifecycle.setPolicy(policy, { signal });
  terminal.print(`${policy.rules.length} rules and ${policy.holds.length} holds are kept.`);
  return EXIT.ok;
}

async function readPolicy(path: string): Promise<LifecyclePolicy> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new TrestleError("invalid_input", `${path} can not be read: ${messageOf(error)}.`);
  }
  const parsed = lifecyclePolicy.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TrestleError(
    "invalid_input",
    `${path} is no lifecycle policy. Nothing was changed. ${z.prettifyError(parsed.error)}`,
  );
}

async function plan({ operations, terminal, signal }: Place, { json }: Json) {
  tellPlan(terminal, await operations.lifecycle.plan({ signal }), json);
  return EXIT.ok;
}

function tellPlan(terminal: Place["terminal"], planned: LifecyclePlan, json?: boolean): void {
  if (json) {
    terminal.print(JSON.stringify(planned, null, 2));
    return;
  }
  const { steps, held, tooYoung, seen } = planned;
  if (steps.length > 0) {
    const rows = steps.map(({ action, of, id, touched, rule }) => [
      ...[action, of, id, new Date(touched).toISOString(), rule],
    ]);
    terminal.print(table(["action", "of", "id", "touched", "rule"], rows, terminal));
  }
  const holds = Object.entries(held).map(([name, count]) => `${count} by ${name}`);
  terminal.print(
    [
      `${steps.length} of ${seen} records would go.`,
      ...(holds.length === 0 ? [] : [`On hold: ${holds.join(", ")}.`]),
      ...(tooYoung === 0 ? [] : [`Too young to go: ${tooYoung}.`]),
    ].join(" "),
  );
}

interface ApplyOptions extends Json {
  readonly yes?: boolean;
}

async function apply(place: Place, { yes, json }: ApplyOptions) {
  const { operations, terminal, clock, signal } = place;
  const planned = await operations.lifecycle.plan({ signal });
  if (!json) tellPlan(terminal, planned);
  const question = `Delete or archive ${planned.steps.length} records?`;
  if (planned.steps.length === 0 || !(await place.confirm(question, yes))) return EXIT.ok;
  const bar = createProgressBar(terminal, clock);
  const result = await operations.lifecycle.apply({
    digest: planned.digest,
    signal,
    onProgress: ({ done, total }) => bar.show(`${done} of ${total}`, done / total),
  });
  bar.clear();
  if (json) terminal.print(JSON.stringify(result, null, 2));
  else {
    terminal.print(
      `${result.deleted} deleted, ${result.archived} archived, ${result.skipped} left as they changed.`,
    );
  }
  for (const { id, message } of result.failed) terminal.warn(`${id}: ${message}`);
  return result.failed.length === 0 ? EXIT.ok : EXIT.failed;
}

interface CleanupOptions extends ApplyOptions {
  readonly olderThan: string;
  readonly dryRun?: boolean;
}

/** A rule for once: the holds and the least age of the policy count here, too. */
async function cleanup(place: Place, { olderThan, dryRun, yes, json }: CleanupOptions) {
  const { operations, terminal, signal } = place;
  parseSpan(olderThan, "--older-than");
  const kept = await operations.lifecycle.policy({ signal });
  const rule = { name: "cleanup", of: "diagnoses", after: olderThan, action: "delete" } as const;
  const policy = { ...kept, rules: [rule] };
  const planned = await operations.lifecycle.plan({ policy, signal });
  tellPlan(terminal, planned, json);
  if (dryRun || planned.steps.length === 0) return EXIT.ok;
  const question = `Delete ${planned.steps.length} diagnoses for ever?`;
  if (!(await place.confirm(question, yes))) return EXIT.ok;
  const { digest } = planned;
  const result = await operations.lifecycle.apply({ digest, policy, signal });
  for (const { id, message } of result.failed) terminal.warn(`${id}: ${message}`);
  if (!json) terminal.print(`${result.deleted} deleted, ${result.skipped} left as they changed.`);
  return result.failed.length === 0 ? EXIT.ok : EXIT.failed;
}

async function check({ operations, terminal, signal }: Place, id: string) {
  const { output, passed, exitCode, stopped, confidence } = await operations.validate(id, {
    signal,
  });
  terminal.print(output.trimEnd());
  if (stopped === undefined) {
    const how = passed ? "passed" : `failed with exit code ${exitCode ?? "none"}`;
    terminal.warn(`The check ${how}, which is recorded. ${confidence.evidence}`);
  } else terminal.warn(`The check was ended (${stopped}); nothing is recorded.`);
  return passed ? EXIT.ok : EXIT.failed;
}
