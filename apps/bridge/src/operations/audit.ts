import {
  type ChainEntry,
  type ChainHead,
  type ChainVerdict,
  readChain,
  readChainBack,
  verifyChain,
} from "@trestle/access";
import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { AuditFilter } from "../archive/audit-rows.ts";
import type { CopyVerdict } from "../archive/verify-copy.ts";
import { auditPage, auditVerdict } from "./answers/access.ts";
import { AUDIT_PLACE, fits, listHomes, notAsWritten } from "./audit-homes.ts";
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
    home: z
      .string()
      .optional()
      .describe("Only of the home with this id, where bridges share a Postgres."),
    limit: limitField.default(100),
    before: z
      .union([z.int().positive(), z.string().regex(AUDIT_PLACE, "must be the `next` of a page")])
      .optional()
      .describe("The `next` of the page before."),
    after: z
      .int()
      .min(0)
      .optional()
      .describe("This home's own, the oldest first, from behind this number on; 0: all of them."),
  }),
  output: auditPage,
  hints: NO_EFFECT,
  needs: "admin",
  async run({ limit, before, after, home, ...filter }, { signal }, core) {
    const { folder } = core.access.audit;
    const { archive } = core;
    if (archive && after === undefined && typeof before !== "number") {
      const page = await listHomes({ archive, folder, filter, home, before, limit, signal });
      return toAnswer(page);
    }
    if (home !== undefined && home !== archive?.home) throw noHomes(home);
    if (typeof before === "string") throw noHomes(before);
    return toAnswer(await listOwn({ folder, filter, before, after, limit, signal }));
  },
});

interface OwnQuery {
  readonly folder: string;
  readonly filter: AuditFilter;
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly limit: number;
  readonly signal: AbortSignal;
}

async function listOwn({ folder, filter, before, after, limit, signal }: OwnQuery) {
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
  const next = found.length > limit ? entries.at(-1)?.seq : undefined;
  return { entries, next, problems: bad.length === 0 ? [] : [notAsWritten(bad)] };
}

function toAnswer({ entries, next, problems }: Page): JsonObject {
  return given({
    entries: entries.map(({ seq, time, entry, hash, home }) =>
      given({ home, seq, time, hash, entry }),
    ),
    next,
    problem: problems.length === 0 ? undefined : problems.join(" "),
  }) as JsonObject;
}

interface Page {
  readonly entries: readonly (ChainEntry & { readonly home?: string })[];
  readonly next?: number | string | undefined;
  readonly problems: readonly string[];
}

function noHomes(what: string): TrestleError {
  return new TrestleError(
    "invalid_input",
    `This bridge reads no other homes' logs, so there is nothing of ${what}: name a Postgres in store.postgres.`,
  );
}

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
    postgres: z
      .boolean()
      .default(false)
      .describe(
        "Also the copies in Postgres, of every home; this home's is compared with its log.",
      ),
  }),
  output: auditVerdict,
  hints: NO_EFFECT,
  needs: "admin",
  async run({ head, postgres }, _context, { access, archive }) {
    const verdict = await verifyAudit(access.audit.folder, head);
    if (!postgres) return verdict;
    if (!archive) throw noPostgres();
    return withCopies(verdict, await archive.verify());
  },
});

/** Of the log in a folder, whether or not a bridge writes it now. `head` as `NUMBER:HASH`. */
export async function verifyAudit(folder: string, head: string | undefined): Promise<JsonObject> {
  const kept = head === undefined ? {} : { kept: readHead(head) };
  return presentVerdict(await verifyChain({ folder, ...kept }));
}

/** The log is as it was written only if its copies are. */
export function withCopies(verdict: JsonObject, copies: readonly CopyVerdict[]): JsonObject {
  const bad = copies.find(({ ok }) => !ok);
  const shown = copies.map((copy): JsonObject => ({ ...copy }));
  if (verdict.ok !== true || bad === undefined || bad.ok) return { ...verdict, copies: shown };
  const { seq, home, name } = bad;
  const explanation = `In the copy of home ${home} (${name}): ${bad.explanation}`;
  return { ok: false, seq, reason: "copy", explanation, copies: shown };
}

export function noPostgres(): TrestleError {
  const message = "There is no copy: no Postgres is named in store.postgres.";
  return new TrestleError("invalid_input", message);
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
