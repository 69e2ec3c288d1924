import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../../state.ts";
import { PROJECT_ALIASES, projectId, READS } from "./arguments.ts";

const input = z.object({
  projectId,
  cursor: z.string().min(1).optional().describe("nextCursor of the page before"),
});

const output = z.object({
  projectId: z.string(),
  operations: z.array(
    z.object({
      id: z.string(),
      action: z.string().describe("create_branch, start_compute …"),
      status: z
        .string()
        .describe("scheduling, running, finished, failed, cancelling, cancelled, skipped"),
      branchId: z.string().nullable(),
      error: z.string().nullable(),
      createdAt: z.string(),
      updatedAt: z.string(),
      durationMs: z.number(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

export const listOperations = defineTool<typeof input, typeof output, State>({
  name: "list_operations",
  title: "List operations",
  description: "Lists what Neon did and does for a project, newest first, a page at a time.",
  profile: "all",
  argumentAliases: PROJECT_ALIASES,
  input,
  output,
  hints: READS,
  async run({ cursor, ...wanted }, { state, signal }) {
    const { api, scope } = state.neon;
    const projectId = scope.projectOf(wanted.projectId);
    const page = await api.read(
      (sdk, options) => sdk.operations.list({ projectId }, options).page(cursor),
      signal,
    );
    const operations = page.items.map((operation) => ({
      id: operation.id,
      action: operation.action,
      status: operation.status,
      branchId: operation.branch_id ?? null,
      error: operation.error ?? null,
      createdAt: operation.created_at,
      updatedAt: operation.updated_at,
      durationMs: operation.total_duration_ms,
    }));
    // The last page says where it ends, too.
    const nextCursor = operations.length > 0 && page.cursor ? page.cursor : null;
    return { projectId, operations, nextCursor };
  },
});
