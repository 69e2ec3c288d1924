import { isRpcError, isTrestleError } from "@trestle/protocol";
import type { HttpConfig, StdioConfig, UpstreamConfig, UpstreamParts } from "./config.ts";
import type { Connection, Interest } from "./connection.ts";
import { connectEmbedded } from "./embedded.ts";
import { dialHttp } from "./http/dial.ts";
import { type NegotiateOptions, negotiate } from "./negotiate.ts";
import { openStdio, type StdioParts } from "./stdio/open-stdio.ts";
import { isFresh, type Verdict, verdictKey } from "./verdicts.ts";

const PROBE_TIMEOUT_MS = 5_000;
/** With these an address refuses a POST that is an old HTTP+SSE server. */
const NO_POST = [400, 404, 405];

export interface ConnectParts extends UpstreamParts, StdioParts {
  readonly random: () => number;
  readonly interest: Interest;
}

/** How a connection to this upstream is made, with what is remembered of its era. */
export function createConnect(
  config: UpstreamConfig,
  parts: ConnectParts,
): (signal: AbortSignal) => Promise<Connection> {
  if (config.kind === "embedded") return () => connectEmbedded(config, parts.interest);
  const { verdicts, clock } = parts;
  const key = verdictKey(config);
  const forget = async () => verdicts?.set(key, undefined);

  async function attempt(verdict: Verdict | undefined, signal: AbortSignal): Promise<Connection> {
    const options: Reach = {
      ...parts,
      upstream: config.id,
      clientCapabilities: config.clientCapabilities ?? {},
      probeTimeoutMs: config.probeTimeoutMs ?? PROBE_TIMEOUT_MS,
      signal,
    };
    const { connection, transport } =
      config.kind === "stdio"
        ? await connectStdio(config, verdict, options)
        : await connectHttp(config as HttpConfig, verdict, options);
    const { era } = connection.facts;
    const found: Verdict = { era, at: clock.now(), ...(transport && { transport }) };
    // A verdict that was relied on keeps its age: it was not found out anew.
    if (verdict?.era !== era || verdict.transport !== transport) await verdicts?.set(key, found);
    return connection;
  }

  return async (signal) => {
    const known = await verdicts?.get(key);
    const verdict = known && isFresh(known, clock.now()) ? known : undefined;
    let connection: Connection;
    try {
      connection = await attempt(verdict, signal);
    } catch (error) {
      if (!verdict) throw error;
      // A verdict that does not hold any more shows in what the server then refuses.
      await forget();
      if (signal.aborted || !isRefused(error)) throw error;
      connection = await attempt(undefined, signal);
    }
    connection.lost.then((loss) => (loss.stale ? forget() : undefined)).catch(() => {});
    return connection;
  };
}

/** Did the server answer, and what it answered was no to the way it was asked? */
function isRefused(error: unknown): boolean {
  if (!isTrestleError(error)) return false;
  return error.code === "unsupported" || isRpcError(error.cause) || refusesPost(error);
}

type Reach = Omit<NegotiateOptions, "dial" | "silenceIsLegacy"> & ConnectParts;
interface Reached {
  readonly connection: Connection;
  readonly transport?: Verdict["transport"];
}

function wantedEra(config: UpstreamConfig, verdict: Verdict | undefined) {
  const { era = "auto" } = config;
  return era === "auto" ? (verdict?.era ?? "auto") : era;
}

async function connectStdio(
  config: StdioConfig,
  verdict: Verdict | undefined,
  options: Reach,
): Promise<Reached> {
  const dial = () => openStdio(config, options);
  const negotiated = { ...options, dial, silenceIsLegacy: true };
  return { connection: await negotiate(wantedEra(config, verdict), negotiated) };
}

async function connectHttp(
  config: HttpConfig,
  verdict: Verdict | undefined,
  options: Reach,
): Promise<Reached> {
  const { transport = "auto" } = config;
  const first = transport === "auto" ? (verdict?.transport ?? "streamable") : transport;
  const over = async (way: "streamable" | "sse"): Promise<Reached> => {
    const dial = () => dialHttp(config, way, options);
    const era = way === "sse" ? "legacy" : wantedEra(config, verdict);
    const connection = await negotiate(era, { ...options, dial, silenceIsLegacy: false });
    return { connection, transport: way };
  };
  try {
    return await over(first);
  } catch (error) {
    const canFallBack = transport === "auto" && first === "streamable" && config.era !== "modern";
    if (!canFallBack || !refusesPost(error)) throw error;
    // Where the old transport is not spoken either, the first answer tells more.
    return over("sse").catch(() => {
      options.signal.throwIfAborted();
      throw error;
    });
  }
}

function refusesPost(error: unknown): boolean {
  return isTrestleError(error) && NO_POST.includes(Number(error.details?.status));
}
