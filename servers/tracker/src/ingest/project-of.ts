import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Of what no folder is known. */
export const NO_PROJECT = "";
const MOST_KNOWN = 1_000;

/**
 * The project that work in a folder belongs to: the main folder of its git repository, so that worktrees are the
 * same project; outside of one the folder itself. Folders that are gone keep their own name.
 */
export function createProjects(): (folder: string | undefined) => string {
  const known = new Map<string, string>();
  return (folder) => {
    if (folder === undefined || folder === "") return NO_PROJECT;
    const project = known.get(folder) ?? repositoryOf(folder) ?? folder;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(folder, project);
    return project;
  };
}

function repositoryOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const git = statSync(join(at, ".git"), { throwIfNoEntry: false });
    if (git?.isDirectory()) return at;
    if (git?.isFile()) return mainFolderOf(at) ?? at;
    if (at === dirname(at)) return undefined;
  }
}

/** A worktree's `.git` is a file that names a folder in that of the main one. */
function mainFolderOf(worktree: string): string | undefined {
  try {
    const text = readFileSync(join(worktree, ".git"), "utf8");
    const named = /^gitdir: (.+)$/m.exec(text)?.[1];
    if (named === undefined) return undefined;
    const own = resolve(worktree, named.trim());
    const common = resolve(own, readFileSync(join(own, "commondir"), "utf8").trim());
    return basename(common) === ".git" ? dirname(common) : undefined;
  } catch {
    return undefined; // a submodule, or broken: then it is a project of its own
  }
}
