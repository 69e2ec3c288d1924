import { scopeOf } from "@trestle/policy";
import {
  isTrestleError,
  type JsonObject,
  type RequestContext,
  TrestleError,
  toPlainNumbers,
} from "@trestle/protocol";
import type { Hints } from "@trestle-mcp/server-kit";
import type * as z from "zod";
import { faultsOf } from "../config/issues.ts";
import type { Core } from "../core.ts";
import { OWN_SERVER } from "../tools/names.ts";

/** Servers of ours whose tools have operations of their own. */
export type MountedKind = "orchestrator" | "database" | "objects";

/**
 * Something that can be asked of the bridge itself. One definition serves REST, the command line and the
 * bridge's own tools, so that all three do the same and refuse the same.
 */
export interface Operation<Input extends z.ZodObject = z.ZodObject> {
  /** `[a-z_]+`, a verb where it does something: `cache_clear`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  /** All that it may answer: what documents say of it, and what its tool says. */
  readonly output: z.ZodType;
  readonly hints: Hints;
  /**
   * `scope`: a caller whose scopes cover it, as they would a tool of that name. `admin`: whoever presents
   * the home's admin credential. `anybody`: no key at all.
   */
  readonly needs: "caller" | "scope" | "admin" | "anybody";
  /** Tools of a server that is mounted, where the operation is a call of one of them. */
  readonly mounted?: { readonly kind: MountedKind; readonly tools: readonly string[] };
  /** Inputs that are checked and then handed on as they came: numbers that no double holds keep all digits. */
  readonly untouched?: readonly string[];
  /** What the audit log says of an administrator's input, besides who asked for what: never a secret. */
  readonly subject?: (input: z.output<Input>) => JsonObject;
  readonly run: (
    input: z.output<Input>,
    context: RequestContext,
    core: Core,
  ) => Promise<JsonObject>;
}

export function defineOperation<Input extends z.ZodObject>(
  spec: Operation<Input>,
): Operation<Input> {
  return spec;
}

/** Reads the input and runs the operation, if this caller may. Throws `invalid_input` and `denied`. */
export async function runOperation(
  operation: Operation,
  asked: { readonly input: JsonObject; readonly context: RequestContext },
  core: Core,
): Promise<JsonObject> {
  const { input, context } = asked;
  refuseWithoutRight(operation, context, core);
  const parsed = parseInput(operation, input);
  const run = (signal: AbortSignal) => runOnRecord(operation, { parsed, context, signal }, core);
  // A bridge that stops waits for what does something, and for what that does in turn.
  if (operation.hints.readOnly || context.within !== undefined) return run(context.signal);
  return core.running.run(context.signal, run);
}

/** What an administrator asks for is on record before it is done, so that nothing is done off the record. */
async function runOnRecord(
  operation: Operation,
  asked: {
    readonly parsed: Record<string, unknown>;
    readonly context: RequestContext;
    readonly signal: AbortSignal;
  },
  core: Core,
): Promise<JsonObject> {
  const { parsed, context, signal } = asked;
  const run = () => operation.run(parsed, { ...context, signal }, core);
  if (operation.needs !== "admin") return run();
  const { audit } = core.access;
  const entry = {
    ...operation.subject?.(parsed),
    operation: operation.name,
    by: context.principal.id,
  };
  await audit.record({ event: "administered", ...entry });
  try {
    return await run();
  } catch (error) {
    const code = isTrestleError(error) ? error.code : "internal";
    await audit.record({ event: "administration_failed", ...entry, code });
    throw error;
  }
}

/** Throws `denied` where the operation takes a right that this caller does not have. */
function refuseWithoutRight(
  { name, needs, hints }: Operation,
  { principal }: RequestContext,
  { access }: Core,
): void {
  if (needs === "scope") {
    const target = { server: OWN_SERVER, tool: name, hints };
    if (access.admits(principal, target)) return;
    const scope = scopeOf(target);
    throw new TrestleError(
      "denied",
      `"${principal.id}" may not use ${name}: that takes the scope "${scope}". Ask whoever runs the bridge to grant it.`,
      { details: { scope, principal: principal.id } },
    );
  }
  if (needs !== "admin" || access.isAdmin(principal)) return;
  access.audit.refused({ event: "operation_refused", operation: name, principal: principal.id });
  throw new TrestleError(
    "denied",
    `${name} takes the admin credential of this bridge. Use the command \`trestle\` of the machine it runs on, or present the credential as a bearer key.`,
  );
}

/** Throws `invalid_input` naming each field that is wrong. */
export function parseInput<Input extends z.ZodObject>(
  operation: Pick<Operation<Input>, "input" | "untouched">,
  input: JsonObject,
): z.output<Input> {
  const parsed = operation.input.strict().safeParse(toPlainNumbers(input));
  if (!parsed.success) {
    const faults = faultsOf(parsed.error, operation.input).map(({ path, message }) => ({
      field: path.join("."),
      message,
    }));
    const words = faults.map(({ field, message }) => `${field}: ${message}`);
    throw new TrestleError("invalid_input", words.join("; "), {
      details: { fields: faults.map(({ field }) => field) },
    });
  }
  const untouched = (operation.untouched ?? []).filter((key) => input[key] !== undefined);
  const kept = Object.fromEntries(untouched.map((key) => [key, input[key]]));
  return { ...parsed.data, ...kept } as z.output<Input>;
}
