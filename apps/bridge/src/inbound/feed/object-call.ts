import { isSameSecret } from "@trestle/access";
import {
  ERROR_CODES,
  type ErrorCode,
  isJsonObject,
  isRpcError,
  type JsonObject,
  MODERN_VERSION,
  type Principal,
  type RequestContext,
  RPC,
  TrestleError,
} from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../../core.ts";
import { jsonObjectField, serverField } from "../../operations/fields.ts";
import { toolFailureOf } from "../../operations/inner-call.ts";
import { callMounted } from "../../operations/mounted.ts";
import { parseInput } from "../../operations/operation.ts";

const name = z.string().min(1).max(128);
const error = 'name it as "counter/visits", or {"class":"counter","id":"visits"}';
const objectName = z.union(
  [
    z.string().regex(/^[^/]{1,128}\/[^/]{1,128}$/, { error }),
    z.strictObject({ class: name, id: name }),
  ],
  { error },
);

/** What asks for it, as a client sends it. */
export const callFrame = z.object({
  type: z.literal("call"),
  id: z.string(),
  object: objectName,
  method: z.string().min(1).max(64),
  arguments: jsonObjectField.optional(),
  key: z.string().min(1).max(200).optional(),
  expectedSeq: z.int().min(0).optional(),
  server: serverField.optional(),
  csrf_token: z.string().optional(),
});

/**
 * Calls a method of an object for whoever listens: a call of `object_call` like any other, through every policy.
 * Resolves to its answer: `seq`, `result`, `changed`, `repeated`. Throws a TrestleError.
 */
export async function callObject(
  frame: JsonObject,
  asker: { readonly principal: Principal; readonly signal: AbortSignal },
  core: Core,
): Promise<JsonObject> {
  const {
    object,
    method,
    key,
    server,
    csrf_token: csrf,
    ...rest
  } = parseInput({ input: callFrame }, frame);
  refuseForged(asker.principal, csrf, core);
  const asked = {
    ...toRef(object),
    ...{ method, server, args: rest.arguments, expectedSeq: rest.expectedSeq },
    idempotency_key: key,
  };
  try {
    const mounted = { kind: "objects", tool: "object_call" } as const;
    const { result } = await callMounted(mounted, asked, { context: contextOf(asker), core });
    return toAnswer(result);
  } catch (error) {
    throw isRpcError(error) ? fromRpc(error) : error;
  }
}

function toRef(object: z.output<typeof objectName>): { readonly class: string; id: string } {
  if (typeof object !== "string") return object;
  const slash = object.indexOf("/");
  return { class: object.slice(0, slash), id: object.slice(slash + 1) };
}

/** A browser sends its cookie whoever wrote the page; with what changes something it brings the token along. */
function refuseForged(
  principal: Principal,
  csrf: string | undefined,
  { access }: Pick<Core, "access">,
): void {
  const session = access.sessions.of(principal);
  if (session === undefined || (csrf !== undefined && isSameSecret(csrf, session.csrf))) return;
  access.audit.refused({ event: "csrf_refused", principal: principal.id });
  throw new TrestleError(
    "denied",
    "Send the csrf_token of your session with each call: GET session tells it.",
  );
}

function toAnswer(result: unknown): JsonObject {
  if (!isJsonObject(result)) throw noAnswer();
  if (result.resultType === "input_required") {
    throw new TrestleError("unsupported", "This call asks its user something: make it over MCP.");
  }
  if (result.isError === true) throw fromTool(result);
  if (!isJsonObject(result.structuredContent)) throw noAnswer();
  return result.structuredContent;
}

function fromTool(result: JsonObject): TrestleError {
  const { code, message, details } = toolFailureOf(result);
  const known = ERROR_CODES.find((each) => each === code);
  const facts = isJsonObject(details) ? { details } : {};
  return new TrestleError(known ?? "internal", String(message), facts);
}

function fromRpc({ code, message }: { readonly code: number; readonly message: string }) {
  const known: ErrorCode = code === RPC.invalidParams ? "invalid_input" : "internal";
  return new TrestleError(known, message, { details: { rpc_code: code } });
}

function noAnswer(): TrestleError {
  return new TrestleError("internal", "The server of the objects gave no answer of a call.");
}

function contextOf({
  principal,
  signal,
}: {
  readonly principal: Principal;
  readonly signal: AbortSignal;
}): RequestContext {
  return {
    ...{ principal, signal },
    client: {
      ...{ era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
      info: { name: "feed" },
    },
  };
}
