import { matchesGlob } from "@trestle/protocol";
import * as z from "zod";
import type { Action } from "../policies/actions.ts";
import { contextName, contextPattern } from "../policies/resources.ts";
import type { RecordFacts } from "../records/record-facts.ts";

const text = z.string().min(1).max(500);

/** Which records: all that is named must fit, one of each. */
export const collection = z
  .strictObject({
    contexts: z
      .array(text)
      .min(1)
      .max(100)
      .optional()
      .describe("Whole contexts; * stands for any text: shop/*"),
    severities: z.array(text).min(1).max(20).optional(),
    metadata: z
      .record(z.string().min(1), text)
      .optional()
      .describe('Exact values: { "team": "payments" }'),
    ids: z.array(z.string().min(1).max(128)).min(1).max(1_000).optional(),
  })
  .refine((filter) => Object.values(filter).some((each) => each !== undefined), {
    message: "Name at least one of contexts, severities, metadata and ids.",
  });
export type Collection = z.output<typeof collection>;

export const RIGHTS = ["read", "contribute"] as const;

const who = z.strictObject({ id: z.string().min(1), kind: z.string().min(1) });

/** That somebody lets others have a part of what they themselves may do. Kept when it has ended. */
export const share = z.strictObject({
  id: z.string().min(1),
  version: z.int().min(1),
  title: z.string().max(200).optional(),
  collection,
  /** Names of principals, teams and roles, without patterns. */
  with: z.array(text).min(1).max(100),
  right: z.enum(RIGHTS),
  by: who,
  created: z.iso.datetime(),
  expires: z.iso.datetime(),
  revoked: z.strictObject({ at: z.iso.datetime(), by: text }).optional(),
});
export type Share = z.output<typeof share>;

const READ: readonly Action[] = ["knowledge:search", "knowledge:read", "knowledge:metrics"];
const CONTRIBUTE: readonly Action[] = [
  ...READ,
  "knowledge:store",
  "knowledge:outcome",
  "knowledge:update",
];

export const grantsAction = ({ right }: Share, action: Action): boolean =>
  (right === "read" ? READ : CONTRIBUTE).includes(action);

/** @param now milliseconds since 1970 */
export const isActive = ({ revoked, expires }: Share, now: number): boolean =>
  revoked === undefined && now < Date.parse(expires);

export function isIn({ contexts, severities, metadata, ids }: Collection, record: RecordFacts) {
  const context = record.context === undefined ? undefined : contextName(record.context);
  return (
    (contexts === undefined ||
      (context !== undefined &&
        contexts.some((each) => matchesGlob(contextPattern(each), context)))) &&
    (severities === undefined ||
      severities.some((each) => each.toLowerCase() === record.severity?.toLowerCase())) &&
    (ids === undefined || ids.includes(record.id)) &&
    Object.entries(metadata ?? {}).every(([key, value]) => {
      return Object.hasOwn(record.metadata, key) && record.metadata[key] === value;
    })
  );
}
