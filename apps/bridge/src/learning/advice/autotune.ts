import type { Clock, JsonObject, Logger } from "@trestle/protocol";
import { messageOf } from "@trestle/protocol";
import type { LiveConfig } from "../../config/live.ts";
import type { Config } from "../../config/load.ts";
import { createPolicySettings, type PolicySettings } from "../../config/policy.ts";
import type { Tuning } from "./advise.ts";
import { withinBounds } from "./bounds.ts";
import { type Patch, withPatches } from "./patch.ts";

/** One figure that the bridge goes by in the place of what is configured. */
export interface Autotuned extends JsonObject {
  readonly kind: Tuning["kind"];
  readonly server: string;
  readonly tool?: string;
  /** What is configured. */
  readonly from: number;
  readonly to: number;
  /** ISO 8601. */
  readonly at: string;
}

export interface AutotuneParts {
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** What the history says, by what is configured. */
  readonly read: (settings: PolicySettings) => Promise<readonly Tuning[]>;
  /** Tells people of a change: in the audit log and as an event. Rejects where the log cannot be written. */
  readonly tell: (change: Autotuned & { readonly evidence: string }) => Promise<void>;
}

export interface Autotune {
  /** The configuration as the bridge goes by it. */
  over(config: Config): Config;
  applied(): readonly Autotuned[];
  /** Looks at the history now. */
  look(): Promise<void>;
  /** Calls the listener when what it goes by is another. */
  subscribe(listener: () => void): void;
  close(): void;
}

const EVERY_MS = 3_600_000;

interface Held {
  readonly told: Autotuned;
  readonly patch: Patch;
}

/**
 * While `policy.autotune` is true, the bridge goes by the advice of its history, within bounds: looked at
 * once an hour, told before it holds, and forgotten with every change of the configuration. No file is written.
 */
export function createAutotune(parts: AutotuneParts): Autotune {
  const { live, clock, log, read, tell } = parts;
  const listeners: (() => void)[] = [];
  let held = new Map<string, Held>();
  let cancelTimer: (() => void) | undefined;
  let closed = false;

  function plan(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    if (closed || !live.current().policy.autotune) return;
    cancelTimer = clock.after(EVERY_MS, () => {
      void look().finally(plan);
    });
  }

  async function look(): Promise<void> {
    const config = live.current();
    if (!config.policy.autotune) return;
    try {
      const tunings = await read(createPolicySettings(config));
      const next = new Map<string, Held>();
      for (const tuning of tunings) {
        const found = heldOf(tuning, clock.now());
        if (found === undefined) continue;
        const key = `${tuning.kind} ${tuning.server} ${tuning.tool ?? ""}`;
        const before = held.get(key);
        const isNew = before?.told.to !== found.told.to;
        if (isNew) await tell({ ...found.told, evidence: tuning.evidence });
        next.set(key, isNew ? found : (before ?? found));
      }
      // It was changed meanwhile: what was read was advice for another.
      if (live.current() !== config || closed) return;
      // What is in effect is no longer seen to be wrong: it stays.
      held = new Map([...held, ...next]);
      for (const listener of listeners) listener();
    } catch (error) {
      log.warn("The bridge did not tune itself", { error: messageOf(error) });
    }
  }

  const unsubscribe = live.subscribe(() => {
    held = new Map();
    plan();
  });
  plan();

  return {
    over(config) {
      if (held.size === 0) return config;
      const byServer = Map.groupBy([...held.values()], ({ told }) => told.server);
      const servers = config.servers.map((server) => {
        const patches = byServer.get(server.id)?.map(({ patch }) => patch) ?? [];
        return patches.length === 0
          ? server
          : { ...server, entry: withPatches(server.entry, patches) };
      });
      return { ...config, servers: servers as Config["servers"] };
    },
    applied: () => [...held.values()].map(({ told }) => told),
    look,
    subscribe(listener) {
      listeners.push(listener);
    },
    close() {
      closed = true;
      unsubscribe();
      cancelTimer?.();
    },
  };
}

function heldOf(tuning: Tuning, now: number): Held | undefined {
  const { kind, server, tool, from, patch } = tuning;
  const to = withinBounds(tuning, from);
  if (to === undefined || from === undefined) return undefined;
  const at = new Date(now).toISOString();
  const told = { kind, server, ...(tool === undefined ? {} : { tool }), from, to, at };
  return { told, patch: { ...patch, value: withFigure(patch, to) } };
}

function withFigure({ value, field }: Patch, to: number): Patch["value"] {
  return field === undefined ? to : { ...(value as JsonObject), [field]: to };
}
