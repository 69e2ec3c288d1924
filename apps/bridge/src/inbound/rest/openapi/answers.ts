import { isJsonObject, type JsonObject } from "@trestle/protocol";
import * as z from "zod";
import { callMetadata } from "../../../operations/answers/calls.ts";
import { shape, toolResult } from "../../../operations/answers/shape.ts";
import type { Operation } from "../../../operations/operation.ts";
import type { Route } from "../route.ts";
import { doneAndFailedOf, LIMIT_HEADERS, successOf } from "./components.ts";
import type { MountedTools } from "./mounted-tools.ts";
import type { Schemas } from "./schemas.ts";

const duration = { duration_ms: z.number().min(0) };
const METADATA = {
  none: shape("Metadata", duration),
  chain: shape("ChainMetadata", { execution_id: z.string().optional(), ...duration }),
  call: callMetadata,
};

const failedCall = shape("FailedCall", { result: toolResult });

/** What the document says of the answer to a request that was not refused. */
export function answerOf(
  { output, mounted }: Pick<Operation, "output" | "mounted">,
  { facts, toData }: Pick<Route, "facts" | "toData">,
  { schemas, tools }: { readonly schemas: Schemas; readonly tools: MountedTools },
): JsonObject {
  const metadata = schemas.answered(METADATA[facts ?? "none"]);
  const shown = toData ? toData(output as z.ZodObject) : output;
  const data = mounted
    ? eitherOf(mounted.tools.map((tool) => schemas.foreign(tools[tool] ?? {}, tool)))
    : schemas.answered(shown);
  const success = successOf(data, metadata);
  if (facts === undefined) return answer("It was done.", success);
  if (facts === "chain") {
    const description = "The chain ran: it succeeded, or it did not.";
    return answer(
      description,
      eitherOf([success, doneAndFailedOf("chain_failed", data, metadata)]),
    );
  }
  const failed = doneAndFailedOf("tool_error", schemas.answered(failedCall), metadata);
  const description = "It was called: it succeeded, or the tool reported its own error.";
  return { ...answer(description, eitherOf([success, failed])), headers: LIMIT_HEADERS };
}

function eitherOf(schemas: readonly JsonObject[]): JsonObject {
  const [only] = schemas;
  return schemas.length === 1 && isJsonObject(only) ? only : { anyOf: [...schemas] };
}

function answer(description: string, schema: JsonObject): JsonObject {
  return { description, content: { "application/json": { schema } } };
}
