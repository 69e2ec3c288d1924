import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { table } from "@trestle/cli";
import { EXIT, messageOf, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { chainHead, OUTCOMES } from "../audit-log/entry.ts";
import { parseSince } from "../knowledge/since.ts";
import { parseAccessPolicy } from "../policies/access-policy.ts";
import type { Who } from "../policies/principals.ts";
import { countFor } from "./options.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface Json {
  readonly json?: boolean;
}

/** The commands that say who may do what, and tell who did what. No policy binds the command line. */
export function addPolicy({ program, runs }: KnowledgeCli): void {
  const policy = program
    .command("policy")
    .description("who may do what with which records, and who did what");
  policy.command("show").description("print the policy and the shares").action(runs(show));
  policy
    .command("set")
    .description("replace the policy by that of a file, also one that can not be read")
    .argument("<file>", "JSON: { roles, teams, bindings, statements }")
    .option("--yes", "do not ask")
    .action(runs(set));
  policy
    .command("check")
    .description("tell whether a file is a policy, and what is wrong with it")
    .argument("<file>")
    .action(runs(check));
  policy
    .command("test")
    .description("tell whether somebody may do something, and why; 1 where not")
    .argument("<principal>", "local, admin, anonymous, key:<id> or subject:<id>")
    .argument("<action>", "such as knowledge:search")
    .argument("[resource]", "diagnosis/<context>/<id>, or store", "store")
    .option("--severity <name>", "of the record")
    .option("--json", "print the answer as JSON")
    .action(runs(test));
  policy
    .command("revoke")
    .description("end a share")
    .argument("<id>", "of the share, as policy show tells it")
    .action(runs(revoke));
  policy
    .command("audit")
    .description("list who did what, the newest first")
    .option("--since <time>", "from when: 24h, 7d, or a date", "7d")
    .option("--principal <name>", "only of this one")
    .option("--action <name>", "only this, such as knowledge:delete")
    .option("--outcome <name>", "allowed, denied or failed")
    .option("--id <id>", "only what was done to this record")
    .option("--limit <n>", "at most so many", countFor("--limit", 100_000), 100)
    .option("--json", "print the answer as JSON")
    .action(runs(audit));
  policy
    .command("verify")
    .description("read the whole log of who did what, and find what was changed in it")
    .option("--heads <file>", "what policy verify --json printed before: nothing of it may be gone")
    .option("--json", "print the answer as JSON")
    .action(runs(verify));
}

async function show({ access, terminal, signal }: Place) {
  const { version, isDefault, policy, shares } = await access.policy({ signal });
  terminal.print(JSON.stringify({ version, isDefault, policy, shares }, null, 2));
  return EXIT.ok;
}

async function set(place: Place, file: string, { yes }: { readonly yes?: boolean }) {
  const { access, terminal, process, signal } = place;
  const policy = parseAccessPolicy(await readJson(resolve(process.cwd(), file)));
  const question = "Replace the access policy for everybody?";
  if (!(await place.confirm(question, yes))) return EXIT.ok;
  const { version } = await access.setPolicy(policy, { signal });
  terminal.print(
    `Version ${version} of the policy holds: ${policy.bindings.length} bindings, ${policy.statements.length} statements.`,
  );
  return EXIT.ok;
}

async function check({ terminal, process }: Place, file: string) {
  const policy = parseAccessPolicy(await readJson(resolve(process.cwd(), file)));
  terminal.print(
    `${file} is a policy: ${policy.bindings.length} bindings, ${policy.statements.length} statements. policy test tells what the one that is kept does.`,
  );
  return EXIT.ok;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new TrestleError("invalid_input", `${path} can not be read: ${messageOf(error)}.`);
  }
}

interface TestOptions extends Json {
  readonly severity?: string;
}

async function test(
  { access, terminal, signal }: Place,
  name: string,
  action: string,
  resource: string,
  { severity, json }: TestOptions,
) {
  const principal = toPrincipal(name);
  const answer = await access.check({ principal, action, resource, severity }, { signal });
  const { allowed, why, names } = answer;
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else terminal.print(`${allowed ? "allowed" : "denied"}. ${why}\nNames: ${names.join(", ")}.`);
  return allowed ? EXIT.ok : EXIT.failed;
}

/** Throws `invalid_input`. */
function toPrincipal(name: string) {
  const [, kind, id] = /^(local|admin|anonymous|key|subject)(?::(.+))?$/.exec(name) ?? [];
  const needsId = kind === "key" || kind === "subject";
  if (kind !== undefined && needsId === (id !== undefined)) {
    return { kind: kind as Who["kind"], id: id ?? kind };
  }
  throw new TrestleError(
    "invalid_input",
    `"${name}" is no principal: local, admin, anonymous, key:<id> or subject:<id>.`,
  );
}

async function revoke({ access, terminal, signal }: Place, id: string) {
  const { with: names } = await access.revoke(id, { signal });
  terminal.print(`The share ${id} with ${names.join(", ")} has ended.`);
  return EXIT.ok;
}

interface AuditOptions extends Json {
  readonly since: string;
  readonly principal?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly id?: string;
  readonly limit: number;
}

async function audit({ access, terminal, clock, signal }: Place, options: AuditOptions) {
  const { since, outcome, json, ...query } = options;
  const wanted = outcome === undefined ? undefined : z.enum(OUTCOMES).safeParse(outcome);
  if (wanted?.success === false) {
    throw new TrestleError(
      "invalid_input",
      `--outcome must be ${OUTCOMES.join(", ")}, not "${outcome}".`,
    );
  }
  const from = parseSince(since, clock.now(), "--since");
  const deeds = await access.searchLog({ ...query, outcome: wanted?.data, since: from, signal });
  if (json) terminal.print(JSON.stringify(deeds, null, 2));
  else if (deeds.length === 0) terminal.print("Nothing of that kind was noted.");
  else {
    const rows = deeds.map(({ time, principal, via, action, outcome: end, ids = [], why = "" }) => [
      ...[time, principal, via, action, end, ids.join(" "), why],
    ]);
    const titles = ["time", "principal", "via", "action", "outcome", "ids", "why"];
    terminal.print(table(titles, rows, terminal));
  }
  return EXIT.ok;
}

interface VerifyOptions extends Json {
  readonly heads?: string;
}

async function verify({ access, terminal, process, signal }: Place, options: VerifyOptions) {
  const kept = z.object({ heads: z.array(chainHead) });
  const heads =
    options.heads === undefined
      ? []
      : kept.parse(await readJson(resolve(process.cwd(), options.heads))).heads;
  const verdict = await access.verifyLog({ heads, signal });
  const { chains, entries, faults } = verdict;
  if (options.json) terminal.print(JSON.stringify(verdict, null, 2));
  else {
    for (const { writer, what } of faults) terminal.print(`${writer}: ${what}`);
    terminal.print(`${chains} chains with ${entries} entries read: ${faults.length} faults.`);
  }
  return faults.length === 0 ? EXIT.ok : EXIT.failed;
}
