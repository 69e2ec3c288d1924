import type { IncomingMessage } from "node:http";
import { isJsonObject, type JsonObject, TrestleError } from "@trestle/protocol";
import type { EntranceAsks } from "@trestle-mcp/server-kit/serving";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import * as z from "zod";
import type { Operation } from "../../operations/operation.ts";
import { typedText } from "../typed-text.ts";
import { RestRefusal } from "./failure.ts";
import type { Match } from "./match.ts";

export interface Asked {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  readonly match: Match;
  readonly operation: Operation;
  readonly readBody: () => ReturnType<EntranceAsks["readBody"]>;
}

/** The operation's input as path, query and body give it. */
export async function readInput(asked: Asked): Promise<JsonObject> {
  const { match, query, operation, readBody } = asked;
  const hasBody = match.route.method === "POST" || match.route.method === "PUT";
  if (hasBody && query.size > 0) {
    const [name] = query.keys();
    throw new TrestleError(
      "invalid_input",
      `${name}: ${match.route.path} takes its input from the body, not from the query.`,
    );
  }
  const given = hasBody ? await inputOfBody(readBody) : inputOfQuery(query, operation);
  for (const name of Object.keys(match.parts)) {
    if (given[name] === undefined) continue;
    throw new TrestleError("invalid_input", `${name}: it is given in the path already.`);
  }
  return { ...given, ...match.parts };
}

function inputOfQuery(query: URLSearchParams, { input }: Operation): JsonObject {
  const { properties = {} } = z.toJSONSchema(input, { io: "input", unrepresentable: "any" });
  const given: [string, JsonObject[string]][] = [];
  for (const name of new Set(query.keys())) {
    const texts = query.getAll(name);
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const schema = (known ?? { type: "string" }) as JsonObject;
    const isList = schema.type === "array";
    if (texts.length > 1 && !isList) {
      throw new TrestleError("invalid_input", `${name}: it is given ${texts.length} times.`);
    }
    given.push([name, texts.length > 1 ? texts : typedText(texts[0] ?? "", schema)]);
  }
  // As members of its own, whatever they are called.
  return Object.fromEntries(given);
}

async function inputOfBody(readBody: Asked["readBody"]): Promise<JsonObject> {
  const body = await readBody();
  if (body.kind === "none") return {};
  if (body.kind === "too-large") {
    throw new RestRefusal({
      code: "too_large",
      message: "The body is too large: send less, or a reference to the data.",
      headers: { connection: "close" },
    });
  }
  if (body.kind === "invalid" && body.reason) {
    throw new TrestleError("invalid_input", `The body cannot be taken. ${body.reason}`);
  }
  if (body.kind === "invalid") throw notJson(body.text);
  if (isJsonObject(body.value)) return body.value;
  throw new TrestleError("invalid_input", 'The body must be a JSON object, like {"tool": "…"}.');
}

/** Nothing where the text is so deep that only `JSON.parse` gets to its end. */
function firstFault(text: string): ParseError | undefined {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return errors[0];
}

function notJson(text: string): TrestleError {
  const first = firstFault(text);
  const offset = first?.offset ?? text.length;
  const before = text.slice(0, offset).split("\n");
  const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
  const problem = first === undefined ? "" : ` (${printParseErrorCode(first.error)})`;
  return new TrestleError(
    "invalid_input",
    `The body is not valid JSON: line ${line}, column ${column}${problem}.`,
    { details: { line, column, offset } },
  );
}
