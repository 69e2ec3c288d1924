import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { checkBackup } from "../backup/check-backup.ts";
import { CONFIG, type Manifest } from "../backup/manifest.ts";
import { resetHome, restoreBackup, stamp, whileNothingRuns } from "../backup/restore-backup.ts";
import { writeBackup } from "../backup/write-backup.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { confirm } from "./confirm.ts";
import { EXIT } from "./exit-code.ts";
import { bytes } from "./format.ts";
import { withExamples, withJson } from "./options.ts";

interface JsonOption {
  readonly json?: boolean;
}

interface SureOptions extends JsonOption {
  readonly yes?: boolean;
}

export function addBackup(cli: Cli): void {
  const command = cli.program
    .command("backup [folder]")
    .description("copy the home, also while a bridge runs; by default into its own folder backups")
    .option("--check", "read the backup in FOLDER through, and make none");
  withJson(withExamples(command, BACKUP_EXAMPLES)).action(
    runs(cli, (place, folder: string | undefined, options: JsonOption & { check?: boolean }) => {
      const path = folder === undefined ? undefined : resolve(cli.parts.cwd, folder);
      return options.check === true ? check(place, path, options) : backUp(place, path, options);
    }),
  );
}

export function addRestore(cli: Cli): void {
  const command = cli.program
    .command("restore <folder>")
    .description("put a backup in the place of the home; what was there is kept")
    .option("--yes", "without asking");
  withJson(withExamples(command, ["trestle restore backups/2026-11-22T10-00-00-000Z"])).action(
    runs(cli, (place, folder: string, options: SureOptions) =>
      restore(place, resolve(cli.parts.cwd, folder), options),
    ),
  );
}

export function addReset(cli: Cli): void {
  const command = cli.program
    .command("reset")
    .description("remove everything that the home holds, but its backups; makes one first")
    .option("--no-backup", "make none")
    .option("--yes", "without asking");
  withJson(withExamples(command, ["trestle reset"])).action(
    runs(cli, (place, options: SureOptions & { backup: boolean }) => reset(place, options)),
  );
}

const BACKUP_EXAMPLES = [
  "trestle backup",
  "trestle backup /mnt/safe/trestle-today",
  "trestle backup --check /mnt/safe/trestle-today",
];

async function backUp(
  { config, terminal }: Place,
  folder: string | undefined,
  { json }: JsonOption,
): Promise<number> {
  const { home, files, lockFile } = config;
  const { clock, version } = terminal;
  const to = folder ?? join(home, "backups", stamp(clock));
  const configFiles = [...files.slice(0, 2), lockFile];
  await writeBackup({ home, folder: to, configFiles, version, clock });
  const manifest = await checkBackup(to, version);
  return tell(terminal, json, { folder: to, ...facts(manifest) }, [
    `Backed ${home} up to ${to}`,
    sentenceOf(manifest),
    "It holds keys and secrets: only you can read it, and so it should stay.",
  ]);
}

async function check(
  { terminal }: Place,
  folder: string | undefined,
  { json }: JsonOption,
): Promise<number> {
  const path = folder ?? "";
  const manifest = await checkBackup(path, terminal.version);
  return tell(terminal, json, { folder: path, ...facts(manifest) }, [
    `${path} is whole.`,
    sentenceOf(manifest),
  ]);
}

async function restore(place: Place, folder: string, { json, yes }: SureOptions): Promise<number> {
  const { config, terminal } = place;
  const { home } = config;
  const manifest = await checkBackup(folder, terminal.version);
  await whileNothingRuns(home, async () => {});
  const question = `Put the backup of ${manifest.created_at} in the place of ${home}?`;
  const answer = yes ? "yes" : await sure(place, question);
  if (answer !== "yes") return answer === "nobody" ? EXIT.usage : EXIT.failed;
  const { version, clock, log } = terminal;
  const { before, ...done } = await restoreBackup({ home, folder, version, clock, log });
  const configFile = config.files[0] ?? "";
  const kept = manifest.config.map((name) => join(folder, CONFIG, name));
  return tell(terminal, json, { ...done, ...(before !== undefined && { before }) }, [
    `Restored ${done.files} files of ${done.createdAt} to ${home}`,
    ...(before === undefined ? [] : [`  what was there: ${before}`]),
    ...(kept.length === 0 ? [] : [configLine(configFile, kept)]),
  ]);
}

function configLine(file: string, kept: readonly string[]): string {
  const what = existsSync(file) ? `${file} stays as it is` : `There is no ${file}`;
  return `  ${what}; the configuration of the backup: ${kept.join(", ")}`;
}

async function reset(
  place: Place,
  { json, yes, backup }: SureOptions & { readonly backup: boolean },
): Promise<number> {
  const { config, terminal } = place;
  const { home, files, lockFile } = config;
  const { version, clock, log } = terminal;
  await whileNothingRuns(home, async () => {});
  const answer = yes ? "yes" : await sure(place, `Remove everything that ${home} holds?`);
  if (answer !== "yes") return answer === "nobody" ? EXIT.usage : EXIT.failed;
  const folder = join(home, "backups", stamp(clock));
  if (backup) {
    const configFiles = [...files.slice(0, 2), lockFile];
    await writeBackup({ home, folder, configFiles, version, clock });
    await checkBackup(folder, version);
  }
  const removed = await resetHome({ home, clock, log });
  return tell(terminal, json, { removed, ...(backup && { backup: folder }) }, [
    `Removed ${removed.join(", ") || "nothing"} of ${home}`,
    ...(backup ? [`  as it was: ${folder}`] : []),
  ]);
}

function sure({ terminal }: Place, question: string): ReturnType<typeof confirm> {
  const nobody = "Nobody can be asked here: say --yes.";
  return confirm(terminal, { question, nobody, no: "Nothing was done." });
}

function facts({ created_at, version, files }: Manifest): JsonObject {
  const size = files.reduce((sum, file) => sum + file.bytes, 0);
  return { created_at, version, files: files.length, bytes: size };
}

function sentenceOf(manifest: Manifest): string {
  const { files, created_at } = manifest;
  const size = files.reduce((sum, file) => sum + file.bytes, 0);
  return `  ${files.length} files, ${bytes(size)}, of ${created_at}; all were read again`;
}

function tell(
  terminal: Place["terminal"],
  json: boolean | undefined,
  answer: JsonObject,
  lines: readonly string[],
): number {
  terminal.print(json ? JSON.stringify(answer, null, 2) : lines.join("\n"));
  return EXIT.ok;
}
