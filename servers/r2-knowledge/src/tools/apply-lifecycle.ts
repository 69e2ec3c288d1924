import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { State } from "../state.ts";
import { CHANGES } from "./hints.ts";

const input = z.object({
  digest: z.string().min(1).max(64).describe("Of the plan, as plan_lifecycle told it"),
  confirm: confirmArgument,
});

const output = z.object({
  deleted: z.int(),
  archived: z.int(),
  skipped: z.int().describe("Changed, met again, put on hold or gone since"),
  failed: z.array(z.object({ id: z.string(), message: z.string() })),
});

export const applyLifecycle = defineTool<typeof input, typeof output, State>({
  name: "apply_lifecycle",
  title: "Apply the lifecycle",
  description:
    "Deletes and archives what plan_lifecycle told, and nothing else. Refused where the plan would be another one by now.",
  profile: "all",
  input,
  output,
  hints: CHANGES,
  async run({ digest, confirm }, context) {
    const { state, signal, progress } = context;
    const { lifecycle } = state.operations;
    const question = confirmDeed(
      context,
      { object: digest, action: `Delete and archive the records of the plan ${digest}.` },
      confirm,
    );
    if (question) return question;
    const result = await lifecycle.apply({
      digest,
      signal,
      onProgress: ({ done, total }) => progress({ progress: done, total }),
    });
    return { ...result, failed: result.failed.map((one) => ({ ...one })) };
  },
});
