import * as z from "zod";
import { CLASS_NAME } from "../object-class.ts";
import { OBJECT_ID } from "../protocol.ts";

export const className = z
  .string()
  .regex(CLASS_NAME)
  .describe("Class of the object, such as counter; object_describe_class tells which there are");
export const id = z
  .string()
  .regex(OBJECT_ID)
  .describe("Name of the object in its class: letters, digits and . _ ~ @ : -, at most 128");
export const args = z.record(z.string(), z.unknown()).optional();
export const expectedSeq = z
  .int()
  .min(0)
  .optional()
  .describe("Refuse unless the object still has this sequence number, as it was when it was read");

export const answerShape = {
  seq: z.int().describe("Sequence number of the object after the call"),
  result: z.unknown(),
  changed: z.boolean().describe("Did this call change the object?"),
  repeated: z.boolean().describe("Is this the answer of an earlier call with the same key?"),
};

export const event = z.object({
  seq: z.int(),
  at: z.int().describe("Epoch milliseconds"),
  kind: z.enum(["initialized", "called", "alarm", "deleted"]),
  method: z.string().optional(),
  caller: z.string(),
  callId: z.string(),
  events: z.array(z.unknown()).describe("What the object told its watchers"),
});

export const summary = z.object({
  class: z.string(),
  id: z.string(),
  seq: z.int(),
  createdAt: z.int().describe("Epoch milliseconds"),
  updatedAt: z.int().describe("Epoch milliseconds"),
});

/** Whoever calls an object as it remembers them, and the key by which a repeated call is known. */
export function askedBy(context: {
  readonly principal: { readonly id: string };
  readonly idempotencyKey?: string;
}): { readonly caller: string; readonly key: string | undefined } {
  return { caller: context.principal.id, key: context.idempotencyKey };
}
