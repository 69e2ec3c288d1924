import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { diagnosisInput } from "../records/diagnosis.ts";
import type { State } from "../state.ts";
import { ADDS } from "./hints.ts";

const dedupe = z
  .enum(["merge", "off"])
  .optional()
  .describe(
    "merge (default): the same error with the same fix only counts up; off: store it anyway",
  );

const input = z.object({ ...diagnosisInput.shape, dedupe });

const output = z.object({
  id: z.string(),
  status: z
    .enum(["stored", "merged"])
    .describe("merged: it was known already, under this id, and counts up"),
  fingerprint: z.string(),
  related: z.array(z.string()).optional().describe("Other diagnoses of the same error"),
  seen: z.int().optional().describe("How often the error was met"),
});

export const storeDiagnosis = defineTool<typeof input, typeof output, State>({
  name: "store_diagnosis",
  title: "Store a diagnosis",
  description:
    "Keeps an error and what mended it, for whoever meets it next. Secrets in the texts are taken out. What the answer acknowledges is durable.",
  aliases: ["StoreDiagnosis"],
  input,
  output,
  hints: ADDS,
  content: ({ id, status, related = [], seen }) => {
    const more =
      status === "merged"
        ? `It was known already and was met ${seen} times now. A better fix goes in by update_diagnosis.`
        : related.length > 0
          ? `The same error is also in ${related.slice(0, 5).join(", ")}.`
          : "";
    return [
      {
        type: "text",
        text: `${status === "merged" ? "Counted up" : "Stored as"} ${id}. ${more}`.trim(),
      },
    ];
  },
  async run({ dedupe: how, ...given }, { state, signal }) {
    const stored = await state.knowledge.store(given, { dedupe: how, signal });
    const { id, status, fingerprint } = stored;
    if (stored.status === "merged") return { id, status, fingerprint, seen: stored.seen };
    return { id, status, fingerprint, related: [...stored.related] };
  },
});
