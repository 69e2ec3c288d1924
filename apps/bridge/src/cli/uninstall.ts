import { messageOf } from "@trestle/protocol";
import { alone } from "../config/alone.ts";
import { hostsNamed } from "../config/import/hosts.ts";
import { openOriginals } from "../config/import/originals.ts";
import { applyRestoring, planRestoring, type Restored } from "../config/import/restore.ts";
import { type Config, loadConfig } from "../config/load.ts";
import { bridgeFolder } from "../home.ts";
import { type Cli, load, type Place } from "./command.ts";
import { difference, differenceLines } from "./config-file.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { HOST_OPTION } from "./import.ts";

interface UninstallOptions {
  readonly host: string;
  readonly dryRun?: boolean;
}

export function addUninstall(cli: Cli): void {
  cli.program
    .command("uninstall")
    .description("give the hosts back the servers that `trestle import` took over")
    .option("--host <host>", HOST_OPTION, "all")
    .option("--dry-run", "show what would be written; write nothing")
    .action(async (options: UninstallOptions) => {
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
function uninstall(place: Place, { host, dryRun }: UninstallOptions): number {
  const { config, terminal } = place;
  const folder = bridgeFolder(config.home);
  const originals = openOriginals(folder);
  const { files, problems, left } = planRestoring(originals.records, host);
  for (const problem of problems) terminal.warn(messageOf(problem));
  if (files.length === 0 && problems.length === 0) {
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
    if (dryRun) continue;
    const backup = applyRestoring(restored, { folder, now: terminal.clock.now() });
    const what = after === undefined ? "Removed" : "Restored";
    terminal.print(`${what} ${file}\n  as it was: ${backup}`);
  }
  if (dryRun) terminal.print("\nNothing was written (--dry-run).");
  else if (left.length !== originals.records.length) originals.write(left);
  const [problem] = problems;
  return problem === undefined ? EXIT.ok : exitCodeOf(problem);
}

function restoredLines({ file, format, before, after = "" }: Restored, place: Place): string[] {
  const changes = difference(before, after, { format, path: file });
  return differenceLines(place, changes).map((line) => `  ${line}`);
}
