import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isSystemError, renameDurably, writeDurably } from "./files.ts";

/** A migration that was tried on a branch of its own and waits for its end. */
export interface PreparedMigration {
  readonly id: string;
  readonly projectId: string;
  readonly parentBranchId: string;
  readonly databaseName: string;
  readonly roleName: string;
  readonly branchName: string;
  /** Unknown until Neon answered. */
  readonly temporaryBranchId?: string;
  readonly statements: readonly string[];
  /** It drops or empties something. */
  readonly destructive: boolean;
  /** In ISO 8601. */
  readonly preparedAt: string;
  /** When Neon removes the branch by itself, in ISO 8601. */
  readonly expiresAt?: string;
}

/**
 * `preparing`: the branch is being made. `prepared`: it waits. `applying`: the SQL may have reached the
 * parent. `applied`: it has, and the branch is still to be removed.
 */
export type Stage = "preparing" | "prepared" | "applying" | "applied";

export interface Kept {
  readonly stage: Stage;
  readonly migration: PreparedMigration;
}

/** Prepared migrations on disk: they outlive the server, and no two processes take the same one. */
export interface PreparedMigrations {
  save(migration: PreparedMigration, stage: Stage): void;
  /** False where somebody else moved it on before. */
  move(id: string, from: Stage, to: Stage): boolean;
  find(id: string): Kept | undefined;
  list(projectId: string): Kept[];
  /** One stage of it, or all. */
  remove(id: string, stage?: Stage): void;
}

const STAGES: readonly Stage[] = ["preparing", "prepared", "applying", "applied"];
const FILE = /^(mig-[0-9a-f]+)\.(preparing|prepared|applying|applied)\.json$/;

/** One file each. Its stage is in its name, since a rename happens once, whoever else tries. */
export function createPreparedMigrations(folder: string): PreparedMigrations {
  const fileOf = (id: string, stage: Stage) => join(folder, `${id}.${stage}.json`);

  function read(id: string, stage: Stage): Kept | undefined {
    try {
      return { stage, migration: JSON.parse(readFileSync(fileOf(id, stage), "utf8")) };
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  function find(id: string): Kept | undefined {
    if (!FILE.test(`${id}.prepared.json`)) return undefined;
    for (const stage of STAGES) {
      const kept = read(id, stage);
      if (kept) return kept;
    }
    return undefined;
  }

  return {
    find,
    save(migration, stage) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeDurably(fileOf(migration.id, stage), JSON.stringify(migration));
    },
    move(id, from, to) {
      try {
        renameDurably(fileOf(id, from), fileOf(id, to));
        return true;
      } catch (error) {
        if (isSystemError(error, "ENOENT")) return false;
        throw error;
      }
    },
    list: (projectId) =>
      idsIn(folder)
        .flatMap((id) => find(id) ?? [])
        .filter(({ migration }) => migration.projectId === projectId),
    remove(id, stage) {
      for (const it of stage ? [stage] : STAGES) rmSync(fileOf(id, it), { force: true });
    },
  };
}

function idsIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => FILE.exec(name)?.[1] ?? []);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return [];
    throw error;
  }
}
