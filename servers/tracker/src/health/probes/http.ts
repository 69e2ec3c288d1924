import type { TargetOf } from "../config.ts";
import { down, type Finding, type ProbeContext, up } from "./probe.ts";

const MOST_BYTES = 65_536;
const MOST_HOPS = 5;

export async function probeHttp(
  target: TargetOf<"http">,
  { signal }: ProbeContext,
): Promise<Finding> {
  const { url, headers, status, contains } = target;
  const response = await ask(url, { headers, signal });
  const isGood = status === undefined ? response.status < 400 : status.includes(response.status);
  if (!isGood || contains === undefined) {
    await response.body?.cancel();
    return isGood ? up(`HTTP ${response.status}`) : down(`It answered HTTP ${response.status}.`);
  }
  const text = await beginning(response);
  return text.includes(contains)
    ? up(`HTTP ${response.status}`)
    : down(`Its answer does not hold "${contains}".`);
}

/** Addresses come from the operator alone: a redirect that leads to another host is the answer. */
async function ask(first: string, how: { headers: Record<string, string>; signal: AbortSignal }) {
  let url = first;
  for (let hops = 0; ; hops += 1) {
    const response = await fetch(url, { ...how, redirect: "manual" });
    const next = response.status < 400 ? response.headers.get("location") : null;
    const there = next === null ? null : URL.parse(next, url);
    if (there?.origin !== new URL(url).origin || hops === MOST_HOPS) return response;
    await response.body?.cancel();
    url = there.href;
  }
}

async function beginning(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the rest.
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    size += piece.length;
    if (size >= MOST_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, MOST_BYTES).toString("utf8");
}
