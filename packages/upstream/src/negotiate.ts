import type { Clock, Era, JsonObject, Logger } from "@trestle/protocol";
import { isRpcError, isTrestleError, messageOf, RPC, TrestleError } from "@trestle/protocol";
import type { UpstreamFacts } from "./config.ts";
import type { Connection, Interest } from "./connection.ts";
import { notSent } from "./faults.ts";
import type { Link } from "./json-rpc/link.ts";
import { connectLegacy } from "./legacy/connection.ts";
import { connectModern } from "./modern/connection.ts";
import { discover, isModernError, toFacts, UNDISCOVERED } from "./modern/discover.ts";

export interface NegotiateOptions {
  readonly upstream: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly clientInfo: JsonObject;
  readonly clientCapabilities: JsonObject;
  readonly interest: Interest;
  readonly signal: AbortSignal;
  readonly probeTimeoutMs: number;
  /** May a failed or silent probe be taken for a sign of the legacy era? Over HTTP silence is none. */
  readonly silenceIsLegacy: boolean;
  /** Opens a fresh link; called again where the probe cost the server its life. */
  dial(): Promise<Link>;
}

/** Connects in the given era, or finds the era out on the connection itself, without a second process. */
export async function negotiate(era: "auto" | Era, options: NegotiateOptions): Promise<Connection> {
  const link = await options.dial();
  if (era === "legacy") return closingOnFailure(link, options, () => legacy(link, options));
  return closingOnFailure(link, options, () => probed(link, era, options));
}

async function probed(link: Link, era: "auto" | Era, options: NegotiateOptions) {
  const { upstream, signal } = options;
  const patience = era === "auto" && options.silenceIsLegacy ? options.probeTimeoutMs : undefined;
  const probe = await askEra(link, patience, options);
  if (probe.era === "modern") return connectModern(link, { ...options, facts: probe.facts });
  if (era === "modern")
    throw new TrestleError(
      "unsupported",
      `Upstream "${upstream}" does not speak the modern era: ${probe.reason}. Set its era to "auto" or "legacy".`,
    );
  signal.throwIfAborted();
  if (!probe.lost) return legacyOrSlow(link, options);
  options.log.info("the server ended on the probe; starting it again for the legacy era");
  await link.close();
  const fresh = await options.dial();
  return closingOnFailure(fresh, options, () => legacy(fresh, options));
}

function legacy(link: Link, options: NegotiateOptions): Promise<Connection> {
  return connectLegacy(link, options);
}

/** A server that was silent may only have been slow to start; a modern one then says so to `initialize`. */
async function legacyOrSlow(link: Link, options: NegotiateOptions): Promise<Connection> {
  try {
    return await legacy(link, options);
  } catch (error) {
    if (!isRpcError(error) || error.code !== RPC.unsupportedVersion) throw error;
    const probe = await askEra(link, options.probeTimeoutMs, options);
    if (probe.era !== "modern") throw error;
    return connectModern(link, { ...options, facts: probe.facts });
  }
}

type Probe =
  | { readonly era: "modern"; readonly facts: UpstreamFacts }
  | { readonly era: "legacy"; readonly reason: string; readonly lost?: boolean };

/** Sends `server/discover` and judges what comes back. Throws what is no evidence of either era. */
async function askEra(
  link: Link,
  timeoutMs: number | undefined,
  options: NegotiateOptions,
): Promise<Probe> {
  const silence = new AbortController();
  const cancel =
    timeoutMs === undefined ? () => {} : options.clock.after(timeoutMs, () => silence.abort());
  try {
    const signal = AbortSignal.any([options.signal, silence.signal]);
    const result = await discover(link, options.clientInfo, signal);
    const facts = toFacts(result);
    if (facts) return { era: "modern", facts };
    return { era: "legacy", reason: "its discover result does not name our version" };
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    if (isModernError(error)) return { era: "modern", facts: UNDISCOVERED };
    if (isRpcError(error) || isRefusal(error)) return { era: "legacy", reason: messageOf(error) };
    if (!options.silenceIsLegacy) throw error;
    return { era: "legacy", reason: messageOf(error), lost: !silence.signal.aborted };
  } finally {
    cancel();
  }
}

/** Was it an answer of HTTP that speaks of this request, not of credentials, load or a fault? */
function isRefusal(error: unknown): boolean {
  const status = isTrestleError(error) ? Number(error.details?.status) : Number.NaN;
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

/** A start that fails leaves nothing behind, and is told as what it is: no request of a caller was sent. */
async function closingOnFailure<T>(
  link: Link,
  { upstream, signal }: NegotiateOptions,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await link.close();
    if (signal.aborted) throw signal.reason;
    if (isTrestleError(error) && error.code === "outcome_unknown")
      throw notSent(upstream, { what: String(error.details?.reason), ...detailsOf(error) }, error);
    if (isRpcError(error))
      throw notSent(
        upstream,
        { what: `refused to connect: ${error.message} (${error.code})` },
        error,
      );
    throw error;
  }
}

function detailsOf({ details }: { details?: JsonObject }): { details?: JsonObject } {
  return details ? { details: { ...details, sent: false } } : {};
}
