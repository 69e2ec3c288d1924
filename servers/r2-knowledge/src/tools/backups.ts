import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { parseSince } from "../knowledge/since.ts";
import type { State } from "../state.ts";
import { ADDS, CHANGES, READS } from "./hints.ts";

/** Several small tools on one thing: they share shapes. */

const backupShape = z.object({
  id: z.string(),
  finished: z.string(),
  objects: z.int(),
  bytes: z.int(),
});

function toBackup(snapshot: { id: string; finished: number; objects: number; bytes: number }) {
  const { id, finished, objects, bytes } = snapshot;
  return { id, finished: new Date(finished).toISOString(), objects, bytes };
}

const none = z.object({});

const created = z.object({
  backup: backupShape,
  unchanged: z.int().describe("Objects that were as in the backup before"),
  written: z.int().describe("Bytes that it added"),
});

export const createBackup = defineTool<typeof none, typeof created, State>({
  name: "create_backup",
  title: "Create a backup",
  description:
    "Keeps all records as they are now. Only what changed since the last backup is read, and only new bytes are written.",
  profile: "all",
  input: none,
  output: created,
  hints: ADDS,
  async run(_, { state, signal, progress }) {
    const { snapshot, unchanged, written } = await state.operations.backups.create({
      signal,
      onProgress: ({ objects }) => progress({ progress: objects, message: "objects" }),
    });
    return { backup: toBackup(snapshot), unchanged, written };
  },
});

const listed = z.object({ backups: z.array(backupShape).describe("The oldest first") });

export const listBackups = defineTool<typeof none, typeof listed, State>({
  name: "list_backups",
  title: "List backups",
  description: "Lists the backups that there are, and so the points in time that can come back.",
  profile: "all",
  input: none,
  output: listed,
  hints: READS,
  async run(_, { state, signal }) {
    return { backups: (await state.operations.backups.list({ signal })).map(toBackup) };
  },
});

const verified = z.object({
  ok: z.boolean(),
  backups: z.int(),
  bytes: z.int().describe("Bytes read"),
  findings: z.array(
    z.object({
      problem: z.enum(["damaged", "missing"]),
      key: z.string(),
      detail: z.string(),
      objects: z.array(z.string()).describe("Some of the objects that can not come back"),
    }),
  ),
});

export const verifyBackups = defineTool<typeof none, typeof verified, State>({
  name: "verify_backups",
  title: "Verify the backups",
  description:
    "Reads all that the backups hold and tells every byte that is not as it was written.",
  profile: "all",
  input: none,
  output: verified,
  hints: READS,
  async run(_, { state, signal, progress }) {
    const { findings, snapshots, bytes } = await state.operations.backups.verify({
      signal,
      onProgress: ({ done, total }) => progress({ progress: done, total }),
    });
    return {
      ...{ ok: findings.length === 0, backups: snapshots, bytes },
      findings: findings.map((one) => ({ ...one, objects: [...one.objects] })),
    };
  },
});

const restoreInput = z.object({
  at: z
    .string()
    .max(40)
    .optional()
    .describe("The point in time: 24h (ago), or a date; the newest backup where left out"),
  into: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._/-]{0,200}\/$/,
      "must end with / and hold letters, digits, . _ -",
    )
    .optional()
    .describe(
      "Beside what is there, below this prefix: restored/. Over what is there where left out",
    ),
  dryRun: z.boolean().optional().describe("Only tell what would happen"),
  confirm: confirmArgument,
});

const restored = z.object({
  backup: backupShape,
  dryRun: z.boolean(),
  created: z.int(),
  replaced: z.int(),
  deleted: z.int(),
  unchanged: z.int(),
  conflicts: z.array(z.string()).describe("Written by somebody meanwhile, and left as they are"),
});

export const restoreBackup = defineTool<typeof restoreInput, typeof restored, State>({
  name: "restore_backup",
  title: "Restore a backup",
  description:
    "Brings the records back as they were at a point in time: beside what is there, or over it, and then exactly so. Try dryRun first.",
  profile: "all",
  input: restoreInput,
  output: restored,
  hints: CHANGES,
  async run({ at, into, dryRun = false, confirm }, context) {
    const { state, signal, clock, progress } = context;
    const { backups } = state.operations;
    const asked = {
      ...{ into, signal },
      at: at === undefined ? undefined : parseSince(at, clock.now(), "at"),
      onProgress: ({ done, total }: { done: number; total: number }) =>
        progress({ progress: done, total }),
    };
    if (dryRun) {
      const { snapshot, plan } = await backups.planRestore(asked);
      const count = (action: string) => plan.steps.filter((step) => step.action === action).length;
      return {
        ...{ backup: toBackup(snapshot), dryRun, unchanged: plan.unchanged, conflicts: [] },
        ...{ created: count("create"), replaced: count("replace"), deleted: count("delete") },
      };
    }
    if (into === undefined) {
      const when = at === undefined ? "the newest backup" : `the backup of ${at}`;
      const action = `Replace all knowledge by ${when}, and delete what was stored since.`;
      const question = confirmDeed(context, { object: "all knowledge", action }, confirm);
      if (question) return question;
    }
    const {
      snapshot,
      created: made,
      replaced,
      deleted,
      unchanged,
      conflicts,
    } = await backups.restore(asked);
    return {
      ...{ backup: toBackup(snapshot), dryRun, created: made, replaced, deleted, unchanged },
      conflicts: [...conflicts],
    };
  },
});

const keep = z.int().min(0).max(10_000);
const pruneInput = z.object({
  last: keep.min(1).optional().describe("The newest so many; 1 where left out"),
  daily: keep.optional().describe("The newest of each of so many days"),
  weekly: keep.optional().describe("… weeks"),
  monthly: keep.optional().describe("… months"),
  dryRun: z.boolean().optional().describe("Only tell what would go"),
  confirm: confirmArgument,
});

const pruned = z.object({
  dryRun: z.boolean(),
  kept: z.array(backupShape),
  removed: z.array(backupShape),
  bytes: z.int().describe("Bytes that only the removed ones needed"),
});

export const pruneBackups = defineTool<typeof pruneInput, typeof pruned, State>({
  name: "prune_backups",
  title: "Prune backups",
  description: "Takes away the backups that no rule keeps, and what only they needed.",
  profile: "all",
  input: pruneInput,
  output: pruned,
  hints: CHANGES,
  async run({ dryRun = false, confirm, ...rules }, context) {
    const { state, signal } = context;
    const { backups } = state.operations;
    if (!dryRun) {
      const told = Object.entries({ last: 1, ...rules }).map(([name, count]) => `${name} ${count}`);
      const action = `Delete all backups but these: ${told.join(", ")}.`;
      const question = confirmDeed(context, { object: "backups", action }, confirm);
      if (question) return question;
    }
    const result = await backups.prune(rules, { dryRun, signal });
    return {
      ...{ dryRun, bytes: result.bytes },
      ...{ kept: result.kept.map(toBackup), removed: result.removed.map(toBackup) },
    };
  },
});
