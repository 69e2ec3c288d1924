import { mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { fileFailure } from "../transfer/draft.ts";

/** A migration as its file or its pair of files (`x.up.sql`, `x.down.sql`) has it. */
export interface MigrationFile {
  /** What the database remembers it by: the file's name without ending. */
  readonly name: string;
  readonly path: string;
  readonly up: string;
  /** Left out where the file has no way back. */
  readonly down?: string;
  /** False where the file says `-- no transaction`. */
  readonly transaction: boolean;
}

const NAME = /^\d+[A-Za-z0-9_.-]*$/;
const NO_TRANSACTION = /^[ \t]*--[ \t-]*no[ -]transaction\b/im;

/** The migrations of a folder in the order in which they run; none where there is no folder. */
export async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const files = await readdir(folder).catch((error: { code?: string }) => {
    if (error.code === "ENOENT") return [];
    throw fileFailure(error, folder);
  });
  const names = files.filter((file) => file.endsWith(".sql") && !file.startsWith("."));
  checkOthers(files);
  const groups = Map.groupBy(names, (file) => file.replace(/(\.up|\.down)?\.sql$/, ""));
  const migrations = [...groups].map(([name, group]) => readGroup(folder, name, group));
  return (await Promise.all(migrations)).toSorted((a, b) => inOrder(a.name, b.name));
}

/** Code would have to be run to know what it does; here every statement is looked at before it runs. */
function checkOthers(files: readonly string[]): void {
  const code = files.find((file) => /^\d+.*\.[cm]?[jt]s$/.test(file));
  if (code === undefined) return;
  throw new TrestleError(
    "unsupported",
    `${code} is a migration in JavaScript: only SQL files are run here. Rewrite it as SQL, or keep running this folder by node-pg-migrate itself.`,
  );
}

async function readGroup(
  folder: string,
  name: string,
  group: readonly string[],
): Promise<MigrationFile> {
  if (!NAME.test(name) || name.length > 255)
    throw new TrestleError(
      "invalid_input",
      `"${name}.sql" is no name of a migration: begin with a number and use letters, digits, "_", "-" and ".", as in 20261231235959000_add_guests.sql.`,
    );
  const path = join(folder, group.toSorted().at(-1) ?? "");
  const single = `${name}.sql`;
  if (!group.includes(single)) return readPair(folder, name, group);
  if (group.length > 1)
    throw new TrestleError(
      "conflict",
      `${group.join(" and ")} are one migration told twice: keep the file with both sections, or the pair.`,
    );
  const text = await readText(path);
  return { name, path, ...sectionsOf(text), transaction: !NO_TRANSACTION.test(text) };
}

async function readPair(
  folder: string,
  name: string,
  group: readonly string[],
): Promise<MigrationFile> {
  const path = join(folder, `${name}.up.sql`);
  if (!group.includes(`${name}.up.sql`))
    throw new TrestleError("invalid_input", `${name}.down.sql has no ${name}.up.sql beside it.`);
  const up = await readText(path);
  const down = group.includes(`${name}.down.sql`)
    ? await readText(join(folder, `${name}.down.sql`))
    : undefined;
  const transaction = ![up, down].some((text) => NO_TRANSACTION.test(text ?? ""));
  return { name, path, up, transaction, ...(down === undefined ? {} : { down }) };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw fileFailure(error, path);
  }
}

/** What stands under `-- Up Migration` and `-- Down Migration`; without such lines all of it is the way up. */
function sectionsOf(text: string): { up: string; down?: string } {
  const start = (word: string) =>
    text.search(new RegExp(`^[ \\t]*--[ \\t-]*${word}\\s+migration`, "im"));
  const [up, down] = [start("up"), start("down")];
  if (down < 0) return { up: text };
  if (up < 0) return { up: text.slice(0, down), down: text.slice(down) };
  return up < down
    ? { up: text.slice(0, down), down: text.slice(down) }
    : { up: text.slice(up), down: text.slice(0, up) };
}

export interface NewMigration {
  /** In words: `Add guests` becomes `add_guests`. */
  readonly name: string;
  readonly up?: string;
  readonly down?: string;
  readonly transaction?: boolean;
}

/**
 * Writes the file of a new migration after all that are there, and returns it. Never overwrites. Throws
 * `invalid_input` for a name without a letter or digit.
 */
export async function createMigrationFile(
  folder: string,
  { name, up, down, transaction = true }: NewMigration,
  now: number,
): Promise<MigrationFile> {
  const words = wordsOf(name);
  const last = (await readMigrations(folder)).at(-1);
  const file = `${nextPrefix(last?.name, now)}_${words}`;
  const path = join(folder, `${file}.sql`);
  const sections = [
    ["-- Up Migration", up?.trim() ?? ""],
    // An empty way back would look like one; a file to be filled in has both headings.
    ...(down === undefined && up !== undefined ? [] : [["-- Down Migration", down?.trim() ?? ""]]),
  ];
  const text = [...(transaction ? [] : [["-- no transaction"]]), ...sections]
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
  await mkdir(folder, { recursive: true });
  try {
    const handle = await open(path, "wx");
    await handle.writeFile(text);
    await handle.close();
  } catch (error) {
    throw fileFailure(error, path);
  }
  return { name: file, path, ...sectionsOf(text), transaction };
}

function wordsOf(name: string): string {
  const words = name
    .normalize("NFKD")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 100);
  if (words !== "") return words;
  throw new TrestleError(
    "invalid_input",
    `"${name}" has no letter or digit to name a file by: say in a few words what the migration does, such as "add guests".`,
  );
}

/** A moment of UTC in 17 digits, or one later than the last migration, whatever the clocks of its authors said. */
function nextPrefix(last: string | undefined, now: number): string {
  const after = last === undefined ? 0 : prefixOf(last) + 1;
  const at = new Date(Math.max(now, after)).toISOString();
  return at.replace(/\D/g, "").slice(0, 17);
}

/** The number in front, 17 digits read as a moment: the order of node-pg-migrate. */
function prefixOf(name: string): number {
  const digits = /^\d+/.exec(name)?.[0] ?? "0";
  if (digits.length !== 17) return Number(digits);
  const [, year, month, day, hour, minute, second, ms] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/.exec(digits) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}

function inOrder(a: string, b: string): number {
  const options = { usage: "sort", numeric: true, sensitivity: "variant", ignorePunctuation: true };
  return (
    prefixOf(a) - prefixOf(b) ||
    `${a}.sql`.localeCompare(`${b}.sql`, undefined, options as Intl.CollatorOptions)
  );
}
