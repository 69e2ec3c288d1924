import {
  type ChainEntry,
  type ChainHead,
  type ChainVerdict,
  readChain,
  readChainBack,
  verifyChain,
} from "@trestle/access";
import type { JsonObject } from "@trestle/protocol";
import * as z from "zod";
import { limitField, NO_EFFECT, timeField } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";

export const auditList = defineOperation({
  name: "audit_list",
  title: "Audit log",
  description:
    "Who did what to the bridge, which credentials and calls were refused: the newest first, or the oldest first after a number.",
  input: z.object({
    from: timeField.optional(),
    to: timeField.optional(),
    event: z.string().optional().describe("Only of this event, such as `credential_refused`."),
    operation: z.string().optional().describe("Only of this operation."),
    principal: z.string().optional().describe("Only what this principal did or was refused."),
    server: z.string().optional().describe("Only of this server."),
    tool: z.string().optional().describe("Only of this tool, by the server's own name."),
    limit: limitField.default(100),
    before: z.int().positive().optional().describe("The `next` of the page before."),
    after: z
      .int()
      .min(0)
      .optional()
      .describe("The oldest first, from behind this number on; 0: from the beginning."),
  }),
  hints: NO_EFFECT,
  needs: "admin",
  async run({ limit, before, after, ...filter }, { signal }, core) {
    const { folder } = core.access.audit;
    const source =
      after === undefined
        ? readChainBack({ folder, ...(before === undefined ? {} : { beforeSeq: before }) })
        : readChain({ folder, sinceSeq: after });
    const found: ChainEntry[] = [];
    const bad: string[] = [];
    for await (const each of source) {
      signal.throwIfAborted();
      if ("badLine" in each) bad.push(each.badLine);
      else if (before !== undefined && each.seq >= before) break;
      else if (fits(each, filter)) found.push(each);
      // One more than asked for tells whether there is another page.
      if (found.length > limit) break;
    }
    const entries = found.slice(0, limit);
    return given({
      entries: entries.map(({ seq, time, entry, hash }) => ({ seq, time, hash, entry })),
      next: found.length > limit ? entries.at(-1)?.seq : undefined,
      problem:
        bad.length === 0 ? undefined : `Not as it was written: ${bad.join(", ")}. Verify it.`,
    }) as JsonObject;
  },
});

export const auditVerify = defineOperation({
  name: "audit_verify",
  title: "Verify the audit log",
  description: "Finds the first entry of the audit log that is not as it was written.",
  input: z.object({
    head: z
      .string()
      .regex(/^\d+:[0-9a-f]{64}$/, "must be NUMBER:HASH, as an earlier verification answered it")
      .optional()
      .describe(
        "The `head` of an earlier verification, kept elsewhere: proves nothing is written anew.",
      ),
  }),
  hints: NO_EFFECT,
  needs: "admin",
  run: async ({ head }, _context, core) => verifyAudit(core.access.audit.folder, head),
});

/** Of the log in a folder, whether or not a bridge writes it now. `head` as `NUMBER:HASH`. */
export async function verifyAudit(folder: string, head: string | undefined): Promise<JsonObject> {
  const kept = head === undefined ? {} : { kept: readHead(head) };
  return presentVerdict(await verifyChain({ folder, ...kept }));
}

function readHead(text: string): ChainHead {
  const [seq, hash = ""] = text.split(":");
  return { seq: Number(seq), hash };
}

function presentVerdict(verdict: ChainVerdict): JsonObject {
  if (!verdict.ok) {
    const { seq, reason, explanation } = verdict;
    return { ok: false, seq, reason, explanation };
  }
  const { head, tornBytes } = verdict;
  return { ok: true, entries: head.seq, head: `${head.seq}:${head.hash}`, torn_bytes: tornBytes };
}

interface Filter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly event?: string | undefined;
  readonly operation?: string | undefined;
  readonly principal?: string | undefined;
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
}

function fits({ time, entry }: ChainEntry, { from, to, principal, ...words }: Filter): boolean {
  const at = Date.parse(time);
  if ((from !== undefined && at < from) || (to !== undefined && at > to)) return false;
  if (principal !== undefined && entry.principal !== principal && entry.by !== principal)
    return false;
  return Object.entries(words).every(([name, word]) => word === undefined || entry[name] === word);
}
