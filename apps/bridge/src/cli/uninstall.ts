import { type JsonObject, messageOf } from "@trestle/protocol";
import { alone } from "../config/alone.ts";
import { difference } from "../config/import/difference.ts";
import { hostsNamed } from "../config/import/hosts.ts";
import { openOriginals } from "../config/import/originals.ts";
import { applyRestoring, planRestoring, type Restored } from "../config/import/restore.ts";
import { type Config, loadConfig } from "../config/load.ts";
import { bridgeFolder } from "../home.ts";
import { type Cli, load, type Place } from "./command.ts";
import { differenceLines } from "./config-file.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { HOST_OPTION } from "./import.ts";
import { withJson } from "./options.ts";

interface UninstallOptions {
  readonly host: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addUninstall(cli: Cli): void {
  const command = cli.program
    .command("uninstall")
    .description("give the hosts back the servers that `trestle import` took over")
    .option("--host <host>", HOST_OPTION, "all")
    .option("--dry-run", "show what would be written; write nothing");
  withJson(command).action(async (options: UninstallOptions) => {
    const { parts } = cli;
    const config = loadAnyway(cli);
    const place = { config, terminal: parts.openTerminal(config, false) };
    const { clock } = place.terminal;
    const work = async (): Promise<void> => parts.setExitCode(uninstall(place, options));
    await alone({ home: config.home, clock }, work);
  });
}

/** A configuration that is broken is a reason to go back, and no reason not to. */
function loadAnyway(cli: Cli): Config {
  try {
    return load(cli);
  } catch {
    const { cwd, env } = cli.parts;
    const { envFile } = cli.program.opts<{ envFile?: string }>();
    return loadConfig({ cwd, env, envFile, file: "no-such-file.json", isNew: true });
  }
}

/** The bridge's own configuration stays as it is. What cannot be given back is kept and decides the exit code. */
function uninstall(place: Place, { host, dryRun, json }: UninstallOptions): number {
  const { config, terminal } = place;
  const folder = bridgeFolder(config.home);
  const originals = openOriginals(folder);
  const { files, problems, left } = planRestoring(originals.records, host);
  for (const problem of problems) terminal.warn(messageOf(problem));
  const restore = (restored: Restored): string | undefined =>
    dryRun || restored.after === restored.before
      ? undefined
      : applyRestoring(restored, { folder, now: terminal.clock.now() });
  if (json) {
    const restored = files.map((each) => factsOf(each, restore(each)));
    const facts = { files: restored, problems: problems.map(messageOf) };
    terminal.print(JSON.stringify(facts, null, 2));
  } else report(place, { files, isNone: problems.length === 0, host, restore });
  if (dryRun && !json) terminal.print("\nNothing was written (--dry-run).");
  if (!dryRun && left.length !== originals.records.length) originals.write(left);
  const [problem] = problems;
  return problem === undefined ? EXIT.ok : exitCodeOf(problem);
}

interface Reporting {
  readonly files: readonly Restored[];
  /** Nor is there a problem. */
  readonly isNone: boolean;
  readonly host: string;
  /** Gives the file back; tells where it is kept as it was. */
  readonly restore: (restored: Restored) => string | undefined;
}

function report(place: Place, { files, isNone, host, restore }: Reporting): void {
  const { terminal } = place;
  if (files.length === 0 && isNone) {
    const names = hostsNamed(host).map(({ title }) => title);
    terminal.print(`Nothing was taken over from ${names.join(", ")}.`);
  }
  for (const restored of files) {
    const { file, before, after, kept } = restored;
    if (after === before) {
      terminal.print(`${file}: has what it had`);
      continue;
    }
    terminal.print([file, ...restoredLines(restored, place)].join("\n"));
    for (const name of kept) {
      terminal.print(
        `  note: "${name}" has come back there by itself since, and stays as it is now`,
      );
    }
    const backup = restore(restored);
    if (backup === undefined) continue;
    const what = after === undefined ? "Removed" : "Restored";
    terminal.print(`${what} ${file}\n  as it was: ${backup}`);
  }
}

function factsOf({ file, before, after, kept }: Restored, backup: string | undefined): JsonObject {
  return {
    ...{ file, changed: before !== after, removed: after === undefined, kept: [...kept] },
    ...(backup === undefined ? {} : { backup }),
  };
}

function restoredLines({ file, format, before, after = "" }: Restored, place: Place): string[] {
  const changes = difference(before, after, { format, path: file });
  return differenceLines(place, changes).map((line) => `  ${line}`);
}
