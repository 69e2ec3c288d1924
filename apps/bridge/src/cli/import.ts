import { messageOf } from "@trestle/protocol";
import { applyImport, holdsSecrets, isChanged, type Written } from "../config/import/apply.ts";
import { bridgeStart } from "../config/import/bridge-start.ts";
import { difference } from "../config/import/difference.ts";
import { HOSTS, hostsNamed } from "../config/import/hosts.ts";
import { thisMachine } from "../config/import/machine.ts";
import { tracesOf } from "../config/import/own-traces.ts";
import {
  type Finding,
  type HostChange,
  type ImportPlan,
  planImport,
} from "../config/import/plan.ts";
import { signInAddresses } from "../config/import/sign-in.ts";
import { bridgeFolder } from "../home.ts";
import type { Cli } from "./command.ts";
import {
  bridgeDifference,
  differenceLines,
  type Editing,
  edits,
  takesEffect,
} from "./config-file.ts";
import { confirm } from "./confirm.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { importFacts } from "./import-json.ts";
import { withJson } from "./options.ts";

interface ImportOptions {
  readonly host: string;
  readonly project?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly keep?: boolean;
  readonly json?: boolean;
}

export const HOST_OPTION = `${HOSTS.map(({ id }) => id).join(", ")} or all`;

export function addImport(cli: Cli): void {
  const command = cli.program
    .command("import")
    .description("take over the servers of your hosts, and put the bridge in their place")
    .option("--host <host>", `${HOST_OPTION}; a single one gets the bridge in any case`, "all")
    .option("--project", "also from this folder's files, which others may share")
    .option("--keep", "leave the hosts' own entries as they are")
    .option("--dry-run", "show what would be written; write nothing")
    .option("--yes", "write without asking");
  withJson(command).action(edits(cli, importServers));
}

/** What cannot be read or written is left as it is and decides the exit code; the rest is taken over all the same. */
async function importServers(editing: Editing, options: ImportOptions): Promise<number> {
  const { config, terminal, file, envFile, cwd } = editing;
  const machine = thisMachine(config.env, cwd);
  const hosts = hostsNamed(options.host);
  const parts = {
    hosts,
    machine,
    bridge: file,
    traces: tracesOf({ config, command: terminal.command }, machine),
    start: bridgeStart({ ...terminal, ...machine, config, file: file.path, envFile }),
    keepHosts: options.keep === true,
    withProject: options.project === true,
    connect: hosts.length === 1 && options.keep !== true,
  };
  const first = planImport(parts);
  const signIn = await signInAddresses(first.added);
  const plan = signIn.size === 0 ? first : planImport({ ...parts, signIn });
  for (const problem of plan.problems) terminal.warn(`${messageOf(problem)} It is left as it is.`);
  const [problem] = plan.problems;
  const ended = problem === undefined ? EXIT.ok : exitCodeOf(problem);
  if (options.json) return writeAsJson(plan, editing, { ...options, ended });
  const report = reportOf(plan, editing);
  if (report !== "") terminal.print(report);
  if (!isChanged(plan.bridge) && plan.hosts.length === 0) {
    terminal.print(nothingToWrite(plan, options));
    return ended;
  }
  if (options.dryRun) {
    terminal.print("\nNothing was written (--dry-run).");
    return ended;
  }
  if (!options.yes) {
    const answer = await answerOf(editing);
    if (answer !== "yes") return answer === "no" ? ended : EXIT.usage;
  }
  write(plan, editing);
  return ended;
}

/** Nobody is asked: without `--yes` nothing is written. */
function writeAsJson(
  plan: ImportPlan,
  editing: Editing,
  { dryRun, yes, ended }: ImportOptions & { readonly ended: number },
): number {
  const { terminal } = editing;
  const hasChanges = isChanged(plan.bridge) || plan.hosts.length > 0;
  const written = hasChanges && yes && !dryRun ? apply(plan, editing) : undefined;
  terminal.print(JSON.stringify(importFacts(plan, written), null, 2));
  if (!hasChanges || dryRun || yes) return ended;
  terminal.warn("Nothing was written: say --yes to write it.");
  return EXIT.usage;
}

function apply(plan: ImportPlan, { config, terminal }: Editing): Written[] {
  return applyImport(plan, { folder: bridgeFolder(config.home), now: terminal.clock.now() });
}

function nothingToWrite({ findings }: ImportPlan, { host }: ImportOptions): string {
  if (findings.length > 0) return "\nNothing is to be written.";
  const hosts = hostsNamed(host);
  const names = hosts.map(({ title }) => title).join(", ");
  const advice = "`trestle import --host HOST` puts the bridge into one all the same.";
  return `No servers are configured in ${names}.${hosts.length === 1 ? "" : ` ${advice}`}`;
}

function write(plan: ImportPlan, editing: Editing): void {
  const { terminal } = editing;
  const lines = apply(plan, editing).map(({ file, backup }) =>
    backup === undefined ? `Wrote ${file}` : `Wrote ${file}\n  as it was: ${backup}`,
  );
  terminal.print(["", ...lines].join("\n"));
  if (isChanged(plan.bridge)) terminal.print(takesEffect(editing));
  const restarts = new Set(plan.hosts.map(({ host }) => host.restart));
  if (restarts.size > 0) {
    terminal.print(`To use it: ${[...restarts].join("; ")}.`);
    terminal.print("`trestle uninstall` gives the hosts back what they had.");
  }
}

function answerOf({ terminal }: Editing): Promise<"yes" | "no" | "nobody"> {
  return confirm(terminal, {
    question: "Write this?",
    nobody: "Nothing was written: nobody can be asked here. Say --yes to write it.",
    no: "Nothing was written.",
  });
}

/** By what entries are known that lead to this bridge. */
function reportOf(plan: ImportPlan, editing: Editing): string {
  const { bridge, added, secrets } = plan;
  const files = new Set([
    ...plan.findings.map(({ file }) => file),
    ...plan.hosts.map(({ file }) => file),
  ]);
  const found = [...files].flatMap((file) => fileLines(plan, file, editing));
  const changes = isChanged(bridge) ? [...bridgeDifference(editing, bridge.after), ""] : [];
  const plainly = secrets.map(
    ({ server, key, variable }) =>
      `  ${server}: ${key} stands there as it is; better: "\${${variable}}", "\${file:PATH}" or { "command": [...] }`,
  );
  const only = holdsSecrets(added) ? "; only you can read that file" : "";
  const words = plainly.length > 0 ? [`Secrets${only}`, ...plainly] : [];
  return [...found, ...changes, ...words].join("\n").trimEnd();
}

function fileLines(plan: ImportPlan, file: Finding["file"], editing: Editing): string[] {
  const findings = plan.findings.filter((finding) => finding.file === file);
  const change = plan.hosts.find((each) => each.file === file);
  const title = (change ?? findings[0])?.host.title ?? "";
  const isShared = findings.some(({ outcome }) => outcome === "shared");
  return [
    `${title}  ${file.path}`,
    ...findings.flatMap(findingLines),
    ...(isShared ? ["  note: others may share this file; say --project to take them over"] : []),
    ...(change ? changeLines(change, editing) : []),
    ...(change?.file.scope === "project"
      ? ["  note: it now holds paths of this machine, which mean nothing to others"]
      : []),
    "",
  ];
}

function changeLines({ host, file, before = "", after }: HostChange, editing: Editing): string[] {
  const where = { format: host.format, path: file.path };
  return differenceLines(editing, difference(before, after, where)).map((line) => `  ${line}`);
}

function findingLines({ name, outcome, id, notes }: Finding): string[] {
  const renamed = id === undefined || id === name ? "" : ` as "${id}"`;
  const words = {
    added: `+ ${name}${renamed}`,
    known: `= ${name}: is served already${renamed}`,
    left: `! ${name}: stays where it is: ${notes.join("; ")}`,
    own: `  ${name}: is Trestle itself, and is not taken over`,
    shared: `  ${name}: is the project's`,
  };
  const said = outcome === "left" ? [] : notes.map((note) => `      ${note}`);
  return [`  ${words[outcome]}`, ...said];
}
