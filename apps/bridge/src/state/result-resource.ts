import {
  type JsonObject,
  type JsonValue,
  type RequestContext,
  RPC,
  RpcError,
} from "@trestle/protocol";
import { partOf } from "./kept-part.ts";
import { isAddress, readAddress } from "./result-address.ts";
import type { ResultReader } from "./results.ts";

/** Answers `resources/read` of a kept result, as its link names it; undefined for every other address. */
export async function readKept(
  uri: JsonValue | undefined,
  { principal, client }: RequestContext,
  results: ResultReader,
): Promise<JsonObject | undefined> {
  if (typeof uri !== "string" || !isAddress(uri)) return undefined;
  const { handle, path } = readAddress(uri) ?? { handle: "" };
  const kept = await results.find(handle, principal);
  if (!kept) {
    const what = "it was another caller's, or is more than an hour old";
    throw new RpcError(RPC.invalidParams, `Resource not found: ${uri}: ${what}`, { uri });
  }
  const part = path === undefined ? kept.text : partOf(kept, path, "uri");
  const text = typeof part === "string" ? part : JSON.stringify(part);
  const modern = client.era === "modern" ? { ttlMs: 0, cacheScope: "private" } : {};
  return { contents: [{ uri, mimeType: "text/plain", text }], ...modern };
}
