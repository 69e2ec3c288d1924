import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonValue, parseJson } from "@trestle/protocol";
import { BRANCHES, type Repository } from "./repository.ts";

interface OfTask {
  readonly swarm: string;
  readonly task: string;
}

/** Work that is finished, and not yet merged, or not yet known to be. */
export interface Finished {
  readonly text: JsonValue;
  readonly branch: string;
}

/**
 * What was done for a task is kept under a branch of its name, and what the program said in a file beside: so that
 * whoever has the task after a crash merges it instead of doing it again.
 */
export interface FinishedWork {
  find(of: OfTask): Promise<Finished | undefined>;
  /** False where somebody else has finished it meanwhile. */
  keep(of: OfTask, commit: string, text: JsonValue): Promise<boolean>;
  /** It is merged, and everybody knows. */
  forget(of: OfTask): Promise<void>;
  /** It cannot be merged as it is; returns the branch under which it stays for people to look at. */
  setAside(of: OfTask, fence: number): Promise<string>;
}

const NOBODY = "0".repeat(40);

export function createFinishedWork(repository: Repository, folder: string): FinishedWork {
  const { git, path } = repository;
  const branchOf = ({ swarm, task }: OfTask) => `${BRANCHES}/${swarm}/${task}`;
  const fileOf = ({ swarm, task }: OfTask) => join(folder, `${swarm}-${task}.json`);
  const drop = (branch: string) => git.ask(path, "update-ref", "-d", `refs/heads/${branch}`);
  return {
    async find(of) {
      const branch = branchOf(of);
      if ((await repository.resolve(`refs/heads/${branch}`)) === undefined) return undefined;
      return { branch, text: readText(fileOf(of)) };
    },
    async keep(of, commit, text) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const part = `${fileOf(of)}.part`;
      writeFileSync(part, JSON.stringify({ text }), { mode: 0o600 });
      renameSync(part, fileOf(of));
      const ref = `refs/heads/${branchOf(of)}`;
      return (await git.ask(path, "update-ref", ref, commit, NOBODY)).code === 0;
    },
    async forget(of) {
      await drop(branchOf(of));
      rmSync(fileOf(of), { force: true });
    },
    async setAside(of, fence) {
      const aside = `${BRANCHES}-unmerged/${of.swarm}/${of.task}-${fence}`;
      await git(path, "update-ref", `refs/heads/${aside}`, `refs/heads/${branchOf(of)}`);
      await drop(branchOf(of));
      rmSync(fileOf(of), { force: true });
      return aside;
    },
  };
}

function readText(file: string): JsonValue {
  try {
    const value = parseJson(readFileSync(file, "utf8"));
    return isJsonObject(value) ? (value.text ?? null) : null;
  } catch {
    return null;
  }
}
