import { writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import process from "node:process";

const ROOT = join(import.meta.dirname, "../../..");

/** Private packages, whose types travel inside; what is imported by name alone counts as somebody else's. */
const PRIVATE = { include: ["packages/*/src"], exclude: ["**/*.test.ts", "packages/testkit"] };

/**
 * A configuration of TypeScript for the types of one package: its entries and what they import. The tree's own takes in
 * everything, tests too, which is most of a build. It stands in the top folder because whoever bundles the types takes the
 * folder of the configuration for the root of all sources. @returns its path.
 */
export function typesConfigOf(entries: readonly string[]): string {
  const folder = process.cwd();
  const path = join(ROOT, `tsconfig.types-${basename(folder)}.json`);
  const files = entries.map((entry) => relative(ROOT, join(folder, entry)));
  writeFileSync(path, `${JSON.stringify({ extends: "./tsconfig.json", ...PRIVATE, files })}\n`);
  return path;
}
