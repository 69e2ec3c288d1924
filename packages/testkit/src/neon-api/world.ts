import type { Branch, Database, Endpoint, Operation, Project, Role } from "@neon/sdk";

/** A branch with all that lives on it. */
export interface BranchRecord {
  branch: Branch;
  readonly endpoint: Endpoint | undefined;
  readonly role: Role;
  readonly password: string;
  databases: { readonly shown: Database; readonly real: string }[];
}

export interface ProjectRecord {
  readonly project: Project;
  readonly branches: Map<string, BranchRecord>;
  /** Newest first, as the API lists them. */
  readonly operations: Operation[];
}

/** All that the API knows. */
export interface World {
  readonly projects: Map<string, ProjectRecord>;
  /** A new number, for ids. */
  next(): number;
  now(): string;
}

export function createWorld(now: () => number): World {
  let last = 0;
  return {
    projects: new Map(),
    next: () => {
      last += 1;
      return last;
    },
    // The API is exact to the second.
    now: () => new Date(now()).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}
