import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { diagnosisInput } from "../records/diagnosis.ts";
import type { State } from "../state.ts";
import { ADDS } from "./hints.ts";

const MOST = 1_000;

const input = z.object({
  diagnoses: z.array(diagnosisInput).min(1).max(MOST).describe(`1 to ${MOST} diagnoses`),
  concurrency: z.int().min(1).max(32).optional().describe("Stored at once; 8 by default"),
  dedupe: z.enum(["merge", "off"]).optional().describe("As for store_diagnosis"),
});

const output = z.object({
  stored: z.int(),
  merged: z.int(),
  failed: z.int(),
  items: z
    .array(
      z.object({
        index: z.int(),
        status: z.enum(["stored", "merged", "failed"]),
        id: z.string().optional(),
        message: z.string().optional().describe("Why it failed"),
      }),
    )
    .describe("In the order given"),
});

export const storeDiagnoses = defineTool<typeof input, typeof output, State>({
  name: "store_diagnoses",
  title: "Store many diagnoses",
  description:
    "Keeps many diagnoses at once and tells the outcome of each; one that fails does not end the others.",
  profile: "all",
  input,
  output,
  hints: ADDS,
  content: ({ stored, merged, failed, items }) => {
    const wrong = items.filter(({ status }) => status === "failed").slice(0, 20);
    const lines = wrong.map(({ index, message }) => `- diagnoses[${index}]: ${message}`);
    const sum = `${stored} stored, ${merged} were known already, ${failed} failed.`;
    return [{ type: "text", text: [sum, ...lines].join("\n") }];
  },
  async run({ diagnoses, concurrency, dedupe }, { state, signal, progress }) {
    const items = await state.knowledge.storeMany(diagnoses, {
      ...{ concurrency, dedupe, signal },
      onProgress: (done, total) => progress({ progress: done, total }),
    });
    const count = (wanted: string) => items.filter(({ status }) => status === wanted).length;
    return {
      ...{ stored: count("stored"), merged: count("merged"), failed: count("failed") },
      items: items.map((item) =>
        item.status === "failed"
          ? { index: item.index, status: item.status, message: item.message }
          : { index: item.index, status: item.status, id: item.id },
      ),
    };
  },
});
