import { scopeOf } from "@trestle/policy";
import {
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
  readonly hints: Hints;
  /**
   * `scope`: a caller whose scopes cover it, as they would a tool of that name. `admin`: whoever presents
   * the home's admin credential. `anybody`: no key at all.
   */
  readonly needs: "caller" | "scope" | "admin" | "anybody";
  /** Inputs that are checked and then handed on as they came: numbers that no double holds keep all digits. */
  readonly untouched?: readonly string[];
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
  if (operation.needs === "admin") {
    const { name } = operation;
    // On record before it is done, so that nothing is done off the record.
    await core.access.audit.record({
      event: "administered",
      operation: name,
      by: context.principal.id,
    });
  }
  const run = (signal: AbortSignal) => operation.run(parsed, { ...context, signal }, core);
  // A bridge that stops waits for what does something, and for what that does in turn.
  if (operation.hints.readOnly || context.within !== undefined) return run(context.signal);
  return core.running.run(context.signal, run);
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
  if (needs !== "admin" || principal.kind === "admin") return;
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
