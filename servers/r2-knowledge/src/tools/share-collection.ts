import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { collection, RIGHTS, type Share } from "../sharing/share.ts";
import type { State } from "../state.ts";
import { ADDS, CHANGES, READS } from "./hints.ts";

/** Giving others a part of what is known: small tools on one thing, that share shapes. */

const shareShape = z.object({
  id: z.string(),
  version: z.int(),
  title: z.string().optional(),
  collection,
  with: z.array(z.string()),
  right: z.enum(RIGHTS),
  by: z.string(),
  created: z.string(),
  expires: z.string(),
  revoked: z.object({ at: z.string(), by: z.string() }).optional(),
});

const toOutput = ({ by, ...share }: Share) => ({ ...share, by: by.id });

const input = z.object({
  title: z.string().min(1).max(200).optional().describe("For people"),
  collection: collection.describe("Which records: all that is named must fit, one of each"),
  with: z
    .array(z.string().min(1).max(500))
    .min(1)
    .max(100)
    .describe("team:payments, role:reader, key:<id>, subject:<id> or local"),
  right: z.enum(RIGHTS).optional().describe("read (default), or contribute: store and update, too"),
  expires: z.string().max(40).optional().describe("30d, or a date; 90d where left out"),
});
const output = z.object({
  share: shareShape,
  diagnoses: z.int().describe("How many are in the collection now"),
});

export const shareCollectionTool = defineTool<typeof input, typeof output, State>({
  name: "share_collection",
  title: "Share a collection",
  description:
    "Lets a team, role or principal read the records of a collection, or contribute to it, until it expires or is revoked. Nobody gives more than they have: it holds as far as you may share and do it yourself, and a rule that denies wins.",
  profile: "all",
  input,
  output,
  hints: ADDS,
  async run({ right = "read", ...asked }, { state, signal }) {
    const { share, diagnoses } = await state.access.share({ right, ...asked }, { signal });
    return { share: toOutput(share), diagnoses };
  },
});

const none = z.object({});
const listed = z.object({ shares: z.array(shareShape) });

export const listShares = defineTool<typeof none, typeof listed, State>({
  name: "list_shares",
  title: "List shares",
  description: "Lists what you shared and what was shared with you, also what has ended.",
  profile: "all",
  input: none,
  output: listed,
  hints: READS,
  async run(_, { state, signal }) {
    return { shares: (await state.access.shares({ signal })).map(toOutput) };
  },
});

const revokeInput = z.object({ id: z.string().min(1).max(128).describe("Of the share") });

export const revokeShare = defineTool<typeof revokeInput, typeof shareShape, State>({
  name: "revoke_share",
  title: "Revoke a share",
  description: "Ends a share at once. The record of it stays.",
  profile: "all",
  input: revokeInput,
  output: shareShape,
  hints: { ...CHANGES, idempotent: true },
  async run({ id }, { state, signal }) {
    return toOutput(await state.access.revoke(id, { signal }));
  },
});
