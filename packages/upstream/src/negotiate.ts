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
  const settled = new AbortController();
  const answer = askEra(link, AbortSignal.any([options.signal, settled.signal]), options);
  try {
    const mayBeSilent = era === "auto" && options.silenceIsLegacy;
    const probe = await (mayBeSilent ? withinPatience(answer, options) : answer);
    return await (probe ? decided(link, probe, era, options) : guessed(link, answer, options));
  } finally {
    settled.abort();
  }
}

async function decided(link: Link, probe: Probe, era: "auto" | Era, options: NegotiateOptions) {
  if (probe.era === "modern") return connectModern(link, { ...options, facts: probe.facts });
  if (era === "modern")
    throw new TrestleError(
      "unsupported",
      `Upstream "${options.upstream}" does not speak the modern era: ${probe.reason}. Set its era to "auto" or "legacy".`,
    );
  options.signal.throwIfAborted();
  return probe.lost ? legacyAnew(link, options) : legacy(link, options);
}

function legacy(link: Link, options: NegotiateOptions): Promise<Connection> {
  return connectLegacy(link, options);
}

async function legacyAnew(link: Link, options: NegotiateOptions): Promise<Connection> {
  options.log.info("the server ended on the probe; starting it again for the legacy era");
  const fresh = await dialAnew(link, options);
  return closingOnFailure(fresh, options, () => legacy(fresh, options));
}

/**
 * A server that is silent is asked in the legacy era, and listened to on: one that was only slow to start
 * answers the probe after all, before it answers `initialize`.
 */
async function guessed(link: Link, answer: Promise<Probe>, options: NegotiateOptions) {
  let late: Probe | undefined;
  answer.then(
    (probe) => {
      late = probe;
    },
    () => {},
  );
  let connection: Connection;
  try {
    connection = await legacy(link, options);
  } catch (error) {
    if (!isRpcError(error) || error.code !== RPC.unsupportedVersion) throw error;
    // It speaks no other era, so the same pipe serves; what it did not hear is asked again.
    const probe = late ?? (await withinPatience(askEra(link, options.signal, options), options));
    if (probe?.era !== "modern") throw error;
    return connectModern(link, { ...options, facts: probe.facts });
  }
  return late?.era === "modern" ? modernAnew(link, late.facts, options) : connection;
}

/** Whoever answered `initialize` speaks the legacy era for as long as it lives. */
async function modernAnew(link: Link, facts: UpstreamFacts, options: NegotiateOptions) {
  options.log.info("the server was slow to say that it speaks the modern era; starting it again");
  return connectModern(await dialAnew(link, options), { ...options, facts });
}

async function dialAnew(link: Link, { dial }: NegotiateOptions): Promise<Link> {
  await link.close();
  return dial();
}

type Probe =
  | { readonly era: "modern"; readonly facts: UpstreamFacts }
  | { readonly era: "legacy"; readonly reason: string; readonly lost?: boolean };

/** Sends `server/discover` and judges what comes back. Throws what is no evidence of either era. */
async function askEra(link: Link, signal: AbortSignal, options: NegotiateOptions): Promise<Probe> {
  try {
    const result = await discover(link, options.clientInfo, signal);
    const facts = toFacts(result);
    if (facts) return { era: "modern", facts };
    return { era: "legacy", reason: "its discover result does not name our version" };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isModernError(error)) return { era: "modern", facts: UNDISCOVERED };
    if (isRpcError(error) || isRefusal(error)) return { era: "legacy", reason: messageOf(error) };
    if (!options.silenceIsLegacy) throw error;
    return { era: "legacy", reason: messageOf(error), lost: true };
  }
}

/** The answer, or undefined if the server is silent for longer than a probe may take. */
function withinPatience(answer: Promise<Probe>, { clock, probeTimeoutMs }: NegotiateOptions) {
  const silence = Promise.withResolvers<undefined>();
  const cancel = clock.after(probeTimeoutMs, () => silence.resolve(undefined));
  return Promise.race([answer, silence.promise]).finally(cancel);
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
