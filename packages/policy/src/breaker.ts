import { type Clock, isRpcError, type TrestleError } from "@trestle/protocol";
import {
  afterCall,
  type BreakerSettings,
  type BreakerState,
  closed,
  type Verdict,
} from "./breaker-state.ts";
import { type Call, nameOf, note, type Policy } from "./call.ts";
import { isRefusal, isUnconnected, isUpstreamFault, refusal } from "./faults.ts";

export interface BreakerParts {
  /** Undefined where there is to be no breaker. */
  readonly settingsFor: (call: Call) => BreakerSettings | undefined;
  readonly clock: Clock;
  /** Told of every opening, probe and closing. */
  readonly onChange?: (change: BreakerView) => void;
}

export interface BreakerView {
  readonly server: string;
  readonly tool: string;
  readonly state: BreakerState["kind"];
  /** Epoch milliseconds at which an open one lets a probe through. */
  readonly until?: number;
}

export interface Breaker {
  readonly policy: Policy;
  state(server: string, tool: string): BreakerState["kind"];
  /** Those that are not closed. */
  tripped(): BreakerView[];
  /** Closes those of a server, of one tool, or all. */
  reset(scope?: { readonly server: string; readonly tool?: string }): void;
  /** Lets the next call of each open one probe at once: its server was connected anew. */
  retest(server: string): void;
  /** Takes what another process found out, without telling of it. */
  learn(found: BreakerView): void;
}

interface Circuit {
  readonly server: string;
  readonly tool: string;
  state: BreakerState;
}

/** While a probe runs nobody knows how long it takes; asking again soon is right. */
const PROBE_RETRY_MS = 1_000;
/** While another process probes, this one does not; for no longer, as that one may die of it. */
const PROBED_ELSEWHERE_MS = 5_000;

/** Stops calling a tool that keeps failing, and lets one call probe after a while. */
export function createBreaker({ settingsFor, clock, onChange }: BreakerParts): Breaker {
  const circuits = new Map<string, Circuit>();

  const policy: Policy = async function breaker(call, next) {
    const settings = settingsFor(call);
    if (settings === undefined) return next(call);
    const circuit = circuitOf(call, settings);
    const entered = enter(circuit, call);
    try {
      const result = await next(call);
      leave(circuit, { entered, settings, verdict: "success" });
      return result;
    } catch (error) {
      leave(circuit, { entered, settings, verdict: verdictOf(error) });
      throw error;
    }
  };

  function circuitOf({ server, tool }: Call, settings: BreakerSettings): Circuit {
    const key = keyOf(server, tool);
    let circuit = circuits.get(key);
    if (circuit === undefined) {
      circuit = { server, tool, state: closed(clock.now(), settings) };
      circuits.set(key, circuit);
    }
    return circuit;
  }

  /** The state in which the call was let through. */
  function enter(circuit: Circuit, call: Call): BreakerState {
    const { state } = circuit;
    if (state.kind === "open" && clock.now() >= state.until) {
      const probing: BreakerState = { kind: "half_open" };
      become(circuit, probing);
      note(call, "breaker", "probe");
      return probing;
    }
    note(call, "breaker", state.kind);
    if (state.kind === "closed") return state;
    const left = state.kind === "open" ? state.until - clock.now() : PROBE_RETRY_MS;
    throw openError(call, left);
  }

  function leave(circuit: Circuit, { entered, settings, verdict }: Left): void {
    // A call from before the circuit opened, or from before it was reset, says nothing of it now.
    if (circuit.state !== entered) return;
    const state = afterCall(entered, verdict, { now: clock.now(), settings });
    if (state !== entered) become(circuit, state);
  }

  function become(circuit: Circuit, state: BreakerState): void {
    circuit.state = state;
    onChange?.(viewOf(circuit));
  }

  return {
    policy,
    state: (server, tool) => circuits.get(keyOf(server, tool))?.state.kind ?? "closed",
    tripped: () =>
      [...circuits.values()].filter(({ state }) => state.kind !== "closed").map(viewOf),
    reset(scope) {
      for (const [key, { server, tool }] of circuits) {
        if (scope !== undefined && scope.server !== server) continue;
        if (scope?.tool === undefined || scope.tool === tool) circuits.delete(key);
      }
    },
    learn({ server, tool, state, until = 0 }) {
      const key = keyOf(server, tool);
      if (state === "closed") {
        circuits.delete(key);
        return;
      }
      const latest = state === "open" ? until : clock.now() + PROBED_ELSEWHERE_MS;
      const known = circuits.get(key);
      // Whoever probes here is closer to the truth.
      if (known?.state.kind === "half_open") return;
      circuits.set(key, { server, tool, state: { kind: "open", until: latest } });
    },
    retest(server) {
      for (const circuit of circuits.values()) {
        if (circuit.server === server && circuit.state.kind === "open") {
          circuit.state = { kind: "open", until: clock.now() };
        }
      }
    },
  };
}

interface Left {
  readonly entered: BreakerState;
  readonly settings: BreakerSettings;
  readonly verdict: Verdict;
}

/** A protocol error that blames the request proves that the upstream answers. */
function verdictOf(error: unknown): Verdict {
  // A server that is down is no fault of one tool, and must not stay refused after it is back.
  if (isRefusal(error) || isUnconnected(error)) return "neutral";
  if (isUpstreamFault(error)) return "failure";
  return isRpcError(error) ? "success" : "neutral";
}

function openError(call: Call, leftMs: number): TrestleError {
  const retryAfterMs = Math.max(1, leftMs);
  const seconds = Math.ceil(retryAfterMs / 1000);
  return refusal("breaker", "unavailable", {
    message: `${nameOf(call)} failed too often and is not called for now. Try again in ${seconds} s.`,
    retryAfterMs,
    details: { upstream: call.server, tool: call.tool },
  });
}

function keyOf(server: string, tool: string): string {
  return `${server} ${tool}`;
}

function viewOf({ server, tool, state }: Circuit): BreakerView {
  const until = state.kind === "open" ? { until: state.until } : {};
  return { server, tool, state: state.kind, ...until };
}
