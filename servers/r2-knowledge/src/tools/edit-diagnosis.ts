import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import type { Edited } from "../coediting/shared-object.ts";
import { type Diagnosis, diagnosisInput, errorInput } from "../records/diagnosis.ts";
import type { State } from "../state.ts";
import { CHANGES } from "./hints.ts";
import { id } from "./shapes.ts";
import { untrustedJson } from "./untrusted.ts";

const { fix, confidence, context, severity, metadata, links } = diagnosisInput.shape;
const { name, message, stack } = errorInput.shape;

const changes = z
  .strictObject({
    fix: fix.nullable(),
    confidence: confidence.nullable(),
    context: context.nullable(),
    severity: severity.nullable(),
    links: links.nullable(),
    "error.name": name.nullable(),
    "error.message": message.optional(),
    "error.stack": stack.nullable(),
    metadata: metadata.describe("By key: the keys that are not named stay as they are"),
  })
  .partial()
  .describe("By field; null takes it away");

const input = z.object({
  id,
  version: z.int().min(1).describe("The version that you saw, however old it is by now"),
  changes,
  editor: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("What the others are to call you, beside who you are to this server"),
});

const change = { field: z.string(), version: z.int(), by: z.string().optional() };

const output = z.object({
  status: z.enum(["applied", "conflict"]),
  diagnosis: z.looseObject({ id: z.string() }).describe("As it is now"),
  version: z.int().describe("Give it with your next edit"),
  merged: z
    .array(z.object(change))
    .optional()
    .describe("What others changed since the version that you saw"),
  conflicts: z
    .array(z.object({ ...change, yours: z.unknown(), theirs: z.unknown() }))
    .optional()
    .describe("Fields that somebody else changed to something else; nothing was written"),
});

export const editDiagnosis = defineTool<typeof input, typeof output, State>({
  name: "edit_diagnosis",
  title: "Edit a diagnosis together",
  description:
    "Changes fields of a diagnosis that others edit at the same time. Fields that nobody else touched since your version are merged; where somebody did, nothing is written and you see both values: choose, and edit again with the version it has now.",
  profile: "all",
  input,
  output,
  hints: CHANGES,
  content: (edited) =>
    untrustedJson(
      edited,
      edited.status === "applied"
        ? "It is changed and durable."
        : "Nothing was written: others changed the same fields. Both values are below.",
    ),
  async run(given, { state, principal, signal, call }) {
    const { id, version, changes, editor } = given;
    const { metadata: facts = {}, ...fields } = changes;
    const byKey = Object.entries(facts).map(([key, value]) => [`metadata.${key}`, value]);
    const all = new Map([...Object.entries(fields), ...byKey] as [
      string,
      z.infer<z.ZodJSONSchema>,
    ][]);
    const by = editor === undefined ? principal.id : `${principal.id}/${editor}`;
    const options = { signal, documents: state.sharedDocuments?.(call) };
    return toOutput(await state.knowledge.edit(id, { version, by, changes: all }, options));
  },
});

function toOutput(edited: Edited<Diagnosis>) {
  const { status, value, version } = edited;
  const more =
    edited.status === "applied"
      ? { merged: [...edited.merged] }
      : { conflicts: [...edited.conflicts] };
  return { status, diagnosis: value, version, ...more };
}
