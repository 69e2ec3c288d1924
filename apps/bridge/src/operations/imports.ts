import { join } from "node:path";
import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { alone } from "../config/alone.ts";
import { writeChecked } from "../config/change-file.ts";
import { applyImport, isChanged, type Written } from "../config/import/apply.ts";
import { HOSTS } from "../config/import/hosts.ts";
import { type ImportPlan, planImport, readHosts } from "../config/import/plan.ts";
import { signInAddresses } from "../config/import/sign-in.ts";
import type { Core } from "../core.ts";
import { hostId, hostsAnswer, importAnswer } from "./answers/imports.ts";
import { NO_EFFECT } from "./fields.ts";
import { type Chosen, chosenOf, findingsOf, importPartsOf } from "./import-parts.ts";
import { defineOperation } from "./operation.ts";
import { presentHost, presentImport } from "./present-imports.ts";
import { asInput } from "./server-admin.ts";

export const hostsList = defineOperation({
  name: "hosts_list",
  title: "Servers of hosts",
  description:
    "The servers that other programs on the bridge's machine are configured to use, and which of them the bridge could take over: without secrets.",
  input: z.object({}),
  output: hostsAnswer,
  hints: NO_EFFECT,
  needs: "admin",
  async run(_input, _context, core) {
    const parts = importPartsOf(core);
    const { secrets } = core.live.current();
    const hosts = HOSTS.map((host) => {
      const read = readHosts({ ...parts, hosts: [host], keepHosts: true });
      return presentHost(host, read, parts);
    });
    return secrets.redact({ file: parts.bridge.path, hosts }) as JsonObject;
  },
});

const MOST_SERVERS = 200;

const chosenField = z.strictObject({
  host: hostId.describe("The host that has it."),
  name: z.string().min(1).describe("As the host calls it."),
  file: z.string().min(1).optional().describe("In this file of the host; else in any of them."),
});

export const serversImport = defineOperation({
  name: "servers_import",
  title: "Take over servers of hosts",
  description:
    "Adds servers that other programs are configured to use to the configuration of the bridge, as `trestle import --keep` does.",
  input: z.object({
    servers: z.array(chosenField).min(1).max(MOST_SERVERS).describe("Which ones."),
    connect_hosts: z
      .boolean()
      .default(false)
      .describe("true: those hosts get the bridge in the place of what it serves from then on."),
    dry_run: z.boolean().default(false).describe("true: only tell what would be written."),
  }),
  output: importAnswer,
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  needs: "admin",
  subject: ({ servers, connect_hosts, dry_run }) => ({
    servers: servers.map(({ host, name }) => `${host}: ${name}`),
    ...{ connect_hosts, dry_run },
  }),
  async run({ servers, connect_hosts, dry_run }, _context, core) {
    const choice = { servers, connectHosts: connect_hosts };
    const answer = await asInput(takeOver(choice, dry_run, core));
    return core.live.current().secrets.redact(answer) as JsonObject;
  },
});

/** Asks the addresses first, so that nobody else has to wait for them. */
async function takeOver(choice: Choice, dryRun: boolean, core: Core): Promise<JsonObject> {
  const signIn = await signInAddresses(planChosen(choice, core).added);
  return dryRun ? presentImport(planChosen(choice, core, signIn)) : write(choice, signIn, core);
}

/** What is to be taken over, and what becomes of the hosts that have it. */
export interface Choice {
  readonly servers: readonly Chosen[];
  readonly connectHosts: boolean;
}

/** What would be written. Throws `not_found` for a server that its host does not have, and what keeps a file from being read. */
export function planChosen(
  { servers, connectHosts }: Choice,
  core: Core,
  signIn: ReadonlySet<string> = new Set(),
): ImportPlan {
  if (connectHosts && core.command === undefined) {
    throw new TrestleError(
      "invalid_input",
      "connect_hosts: this bridge is part of another program, which no host could start. Leave it out.",
    );
  }
  const parts = importPartsOf(core);
  const plan = planImport({
    ...parts,
    hosts: HOSTS.filter(({ id }) => servers.some(({ host }) => host === id)),
    keepHosts: !connectHosts,
    signIn,
    isChosen: (host, file, name) => chosenOf(servers, { host, file, name }).length > 0,
  });
  const lacking = servers.find((each) => findingsOf(plan.findings, each).length === 0);
  if (!lacking) return plan;
  const [problem] = plan.problems;
  if (problem !== undefined) throw problem;
  throw notThere(lacking, parts);
}

async function write(choice: Choice, signIn: ReadonlySet<string>, core: Core): Promise<JsonObject> {
  const { live, clock } = core;
  const { home } = live.current();
  return alone({ home, clock }, async () => {
    const plan = planChosen(choice, core, signIn);
    const { path } = plan.bridge;
    const folder = join(home, "bridge");
    let written: readonly Written[] = [];
    const apply = (): string | undefined => {
      written = applyImport(plan, { folder, now: clock.now() });
      return written.find(({ file }) => file === path)?.backup;
    };
    if (isChanged(plan.bridge)) {
      const done = await writeChecked(live, plan.bridge, apply);
      return presentImport(plan, { ...done, written });
    }
    apply();
    return presentImport(plan, { file: path, warnings: [], inEffect: true, written });
  });
}

function notThere({ host, name, file }: Chosen, parts: ReturnType<typeof importPartsOf>) {
  const hosts = HOSTS.filter(({ id }) => id === host);
  const { findings } = readHosts({ ...parts, hosts, keepHosts: true });
  const names = [...new Set(findings.map((each) => each.name))];
  const title = hosts[0]?.title ?? host;
  const where = file === undefined ? "" : ` in ${file}`;
  return new TrestleError(
    "not_found",
    `${title} has no server "${name}"${where}. It has: ${names.join(", ") || "none"}.`,
  );
}
