import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { auditInput } from "../records/audit.ts";
import type { State } from "../state.ts";
import { ADDS } from "./hints.ts";

const output = z.object({ id: z.string(), timestamp: z.string() });

export const recordAudit = defineTool<typeof auditInput, typeof output, State>({
  name: "record_audit",
  title: "Record an audit entry",
  description:
    "Logs what was done about an error, whatever came of it. A fix that others should find goes in by store_diagnosis.",
  input: auditInput,
  output,
  hints: ADDS,
  async run(given, { state, signal }) {
    const { id, timestamp } = await state.knowledge.recordAudit(given, { signal });
    return { id, timestamp: String(timestamp) };
  },
});
