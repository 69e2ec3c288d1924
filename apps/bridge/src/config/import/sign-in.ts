import { isJsonObject, type JsonObject } from "@trestle/protocol";

/** As long as a person waits for an answer that may not come. */
const WAIT_MS = 3_000;
const HELLO = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "trestle-import", version: "1" },
  },
});

/** Addresses among the entries at which a person has to sign in first: hosts do that, the bridge does not. */
export async function signInAddresses(entries: JsonObject): Promise<ReadonlySet<string>> {
  const urls = new Set(Object.values(entries).flatMap((entry) => bareUrlOf(entry as JsonObject)));
  const asked = await Promise.all(
    [...urls].map(async (url) => ((await asksToSignIn(url)) ? url : [])),
  );
  return new Set(asked.flat());
}

/** The address of an entry that brings no credentials of its own. */
function bareUrlOf({ url, headers }: JsonObject): string[] {
  if (typeof url !== "string" || url.includes("${")) return [];
  return isJsonObject(headers) && Object.keys(headers).length > 0 ? [] : [url];
}

/** What cannot be asked now may have its reasons: only an answer counts. */
async function asksToSignIn(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: HELLO,
      redirect: "manual",
      signal: AbortSignal.timeout(WAIT_MS),
    });
    await response.body?.cancel();
    return response.status === 401;
  } catch {
    return false;
  }
}
