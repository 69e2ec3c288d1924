import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import * as z from "zod";
import { automationId, type OnBehalf, runs } from "../schedules/schedule.ts";

export const SIGNATURES = ["trestle", "github", "standard"] as const;

const event = z.strictObject({
  topic: z.string().min(1).max(200).describe("Of the host, such as knowledge.stored"),
  match: z
    .record(z.string(), z.json())
    .optional()
    .describe("Fields that must have these values: { 'error.name': 'TypeError' }"),
});

const webhook = z.strictObject({
  signature: z
    .enum(SIGNATURES)
    .default("trestle")
    .describe("How the sender signs: as Trestle, as GitHub, or as Standard Webhooks do"),
  secret: z.string().min(16).max(200).optional().describe("One is made where left out"),
});

export const triggerInput = z.object({
  id: automationId,
  ...runs,
  event: event.optional().describe("Told on a topic of the bridge"),
  webhook: webhook.optional().describe("Sent to the address that is answered"),
  enabled: z.boolean().default(true).describe("false keeps it and lets it rest"),
});
export type TriggerInput = z.output<typeof triggerInput>;

export interface Trigger extends TriggerInput {
  readonly onBehalf: OnBehalf;
  readonly lastExecution?: string;
  readonly lastError?: string | undefined;
}

/** Has the payload all the values that are asked for? */
export function matches(payload: JsonObject, wanted: JsonObject): boolean {
  return Object.entries(wanted).every(
    ([path, value]) => JSON.stringify(valueAt(payload, path)) === JSON.stringify(value),
  );
}

function valueAt(payload: JsonObject, path: string): JsonValue | undefined {
  let at: JsonValue | undefined = payload;
  for (const name of path.split(".")) {
    if (!isJsonObject(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}
