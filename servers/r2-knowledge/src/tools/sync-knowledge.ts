import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { CHANGES } from "./hints.ts";

const input = z.object({
  direction: z
    .enum(["one-way", "both"])
    .optional()
    .describe("one-way (default): the other place follows; both: each gets the other's news"),
  deletes: z.boolean().optional().describe("Whether deletions travel, too; false where left out"),
  conflicts: z
    .enum(["newer", "source", "target", "keep-both", "report"])
    .optional()
    .describe(
      "What counts where both sides changed a record: newer (default), this side (source) …",
    ),
  dryRun: z.boolean().optional().describe("Only tell what would happen"),
  confirm: confirmArgument,
});

const side = z.int();
const output = z.object({
  dryRun: z.boolean(),
  steps: z.int().describe("Records to copy, delete or compare"),
  copied: z.object({ toSource: side, toTarget: side }),
  deleted: z.object({ inSource: side, inTarget: side }),
  equal: z.int().describe("Both had it, and it was the same"),
  bytes: z.int(),
  conflicts: z.array(z.object({ key: z.string(), why: z.string() })),
  overtaken: z.array(z.string()).describe("Written meanwhile: the next run sees to them"),
});

export const syncKnowledge = defineTool<typeof input, typeof output, State>({
  name: "sync_knowledge",
  title: "Sync the knowledge",
  description:
    "Keeps the configured other bucket or folder equal with this knowledge, by what changed on either side since the last run.",
  profile: "all",
  input,
  output,
  hints: { ...CHANGES, openWorld: true },
  async run(given, context) {
    const { direction = "one-way", deletes = false, conflicts = "newer", dryRun = false } = given;
    const { state, signal, progress } = context;
    if (deletes && !dryRun) {
      const action = "Let deletions travel: what is gone on one side is deleted on the other.";
      const question = confirmDeed(context, { object: "deletes", action }, given.confirm);
      if (question) return question;
    }
    const result = await state.operations.sync({
      rules: { direction, deletes, conflicts },
      ...{ dryRun, signal },
      onProgress: ({ done, total }) => progress({ progress: done, total }),
    });
    return {
      ...{ dryRun, steps: result.steps.length, equal: result.equal, bytes: result.bytes },
      ...{ copied: { ...result.copied }, deleted: { ...result.deleted } },
      conflicts: result.conflicts.map((one) => ({ ...one })),
      overtaken: [...result.overtaken],
    };
  },
});
