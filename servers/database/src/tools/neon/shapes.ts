import type { Branch, Project } from "@neon/sdk";
import * as z from "zod";
import type { Neon } from "../../neon/neon.ts";
import { isTemporaryName } from "../../neon/temporary-branch.ts";

export const projectShape = z.object({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  postgresVersion: z.int(),
  createdAt: z.string(),
  organizationId: z.string().nullable(),
});

type ProjectFacts = Pick<
  Project,
  "id" | "name" | "region_id" | "pg_version" | "created_at" | "org_id"
>;

export function toProject(project: ProjectFacts): z.input<typeof projectShape> {
  return {
    id: project.id,
    name: project.name,
    region: project.region_id,
    postgresVersion: project.pg_version,
    createdAt: project.created_at,
    organizationId: project.org_id ?? null,
  };
}

export const branchShape = z.object({
  id: z.string(),
  name: z.string(),
  default: z.boolean(),
  protected: z.boolean(),
  parentId: z.string().nullable(),
  state: z.string().describe("ready, init, archived …"),
  logicalBytes: z.int().nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable().describe("When Neon removes it by itself"),
  temporary: z.boolean().describe("Made by prepare_migration"),
  migrationId: z.string().nullable().describe("What complete_migration takes, while it waits"),
});

/** Branches as the tools tell them, the temporary ones marked. */
export function toBranches(
  { prepared }: Pick<Neon, "prepared">,
  projectId: string,
  branches: readonly Branch[],
): z.input<typeof branchShape>[] {
  const waiting = new Map(
    prepared.list(projectId).map(({ migration }) => [migration.branchName, migration.id]),
  );
  return branches.map((branch) => ({
    id: branch.id,
    name: branch.name,
    default: branch.default,
    protected: branch.protected,
    parentId: branch.parent_id ?? null,
    state: branch.current_state,
    logicalBytes: branch.logical_size ?? null,
    createdAt: branch.created_at,
    expiresAt: branch.expires_at ?? null,
    temporary: waiting.has(branch.name) || isTemporaryName(branch.name),
    migrationId: waiting.get(branch.name) ?? null,
  }));
}
