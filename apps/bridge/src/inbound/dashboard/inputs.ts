import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";

/** What a build is made of, besides the libraries, whose versions the lockfile of the checkout names. */
const FOLDERS = ["src", "build", "public"];
const FILES = ["index.html", "package.json", "vite.config.ts", "../../pnpm-lock.yaml"];

/** A digest of all that a build of the pages is made of. */
export async function inputsHash(sources: string): Promise<string> {
  const inFolders = await Promise.all(FOLDERS.map((name) => filesIn(join(sources, name))));
  const files = [...inFolders.flat(), ...FILES.map((name) => join(sources, name))];
  const digests = await Promise.all(files.sort().map((file) => digestOf(file, sources)));
  return createHash("sha256").update(digests.join("\n")).digest("hex").slice(0, 32);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Of files that were read before and have not changed since, their digest is remembered. */
const known = new Map<string, { readonly stamp: string; readonly digest: string }>();

async function digestOf(file: string, sources: string): Promise<string> {
  const name = relative(sources, file);
  const facts = await stat(file).catch(() => undefined);
  if (facts === undefined) return `${name} none`;
  const stamp = `${facts.mtimeMs} ${facts.size} ${facts.ino}`;
  const before = known.get(file);
  if (before?.stamp === stamp) return `${name} ${before.digest}`;
  const digest = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  known.set(file, { stamp, digest });
  return `${name} ${digest}`;
}
