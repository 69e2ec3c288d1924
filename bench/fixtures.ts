import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";

/** Data of others is no part of this repository: it may lie beside it, or where FIXTURES says. */
const BESIDE = fileURLToPath(new URL("../../shared/fixtures", import.meta.url));

export type FixtureRow = Readonly<Record<string, string>>;

/** The rows of a file with a heading; undefined where it is not on this machine. */
export function readFixture(folder: string, file: string): FixtureRow[] | undefined {
  const path = join(process.env.FIXTURES ?? BESIDE, folder, file);
  if (!existsSync(path)) return undefined;
  return parse(readFileSync(path, "utf8"), { columns: true, relax_quotes: true, bom: true });
}
