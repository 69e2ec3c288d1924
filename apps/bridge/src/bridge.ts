import {
  type Clock,
  type Era,
  type Logger,
  messageOf,
  type ServerInstance,
} from "@trestle/protocol";
import type { UpstreamHealth } from "@trestle/upstream";
import type { SourceStatus } from "./catalog/catalog.ts";
import { createListPlain } from "./catalog/list-plain.ts";
import { atHomeOf, type ConfigChanges, changesOf } from "./config/changes.ts";
import { createLiveConfig } from "./config/live.ts";
import type { Config } from "./config/load.ts";
import { type Core, createCore } from "./core.ts";
import { createIds } from "./ids.ts";
import { createInstance } from "./instance.ts";
import { createRunning } from "./running.ts";
import { openShared } from "./shared/shared.ts";
import { openState } from "./state/open.ts";

export interface BridgeParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** The words that start this program; nothing where the bridge is part of another. */
  readonly command?: readonly string[];
}

/** One upstream as `trestle` shows it. */
export interface UpstreamStatus extends SourceStatus {
  readonly kind: string;
  readonly health: UpstreamHealth;
}

export interface Bridge {
  /** What operations are asked of. */
  readonly core: Core;
  /** The bridge as one MCP server. */
  readonly instance: ServerInstance;
  /** Resolves when every upstream was listed or has failed, at the latest after `catalog.startWaitMs`. */
  settled(): Promise<void>;
  status(): readonly UpstreamStatus[];
  /** Puts another configuration into effect, without dropping a call. */
  apply(next: Config): ConfigChanges;
  /** May this tool be answered on the short way, beside the SDK? */
  isPlain(exposedName: string): boolean;
  /** May clients of this era be given the definitions of all tools as they are? */
  isListPlain(era: Era): boolean;
  /** Takes no new call, and resolves when those that run are answered: at the latest after the grace. */
  drain(): Promise<void>;
  /** Drains, then ends every upstream and closes the state. */
  close(): Promise<void>;
}

/** A bridge from its opening to its end: inbound ways serve `instance`, everything else stands in `core`. */
export async function createBridge(config: Config, parts: BridgeParts): Promise<Bridge> {
  const live = createLiveConfig(config);
  const shared = await openShared(config, { ...parts, newId: createIds(parts.clock) });
  const state = await openState({ ...parts, live, shared });
  const running = createRunning(parts.clock);
  const core = await createCore({ ...parts, live, state, running, shared });
  const { catalog, calls, upstreams } = core;
  const info = { name: "trestle", version: parts.version, title: "Trestle" };

  const drain = (): Promise<void> => {
    // Whoever they wait for cannot come back to a bridge that takes nothing new, but to one that brings their answers.
    if (!shared) core.parking.end();
    return running.drain(live.current().shutdown.graceMs);
  };

  return {
    core,
    instance: createInstance({
      ...{ info, catalog, calls, upstreams, running, live },
      ...{ access: core.access, sight: core.sight, exposure: core.exposure },
      ...{ subscriptions: core.subscriptions },
      ...{ results: core.kept, parking: core.parking, states: core.states },
    }),
    settled: () => catalog.settled(),
    status: () => statusOf(core),
    apply(next) {
      const changes = changesOf(live.current(), next);
      live.replace(atHomeOf(live.current(), next));
      noteChanges(changes, core);
      return changes;
    },
    isPlain: (name) => catalog.tool(name)?.isPlain ?? false,
    isListPlain: createListPlain(catalog),
    drain,
    async close() {
      await drain();
      await core.close();
      await state.close();
      await shared?.close();
    },
  };
}

/** Whoever changed the files is not known here; that they were changed is. */
function noteChanges(changes: ConfigChanges, { access, log }: Core): void {
  const changed = Object.entries(changes).filter(([, names]) => names.length > 0);
  if (changed.length === 0) return;
  const entry = { event: "configuration_changed", ...Object.fromEntries(changed) };
  access.audit.record(entry).catch((error: unknown) => {
    log.error("an audit entry was lost", { event: entry.event, reason: messageOf(error) });
  });
}

function statusOf({ catalog, upstreams }: Core): UpstreamStatus[] {
  return catalog.status().flatMap((source) => {
    const upstream = upstreams.get(source.server);
    return upstream ? [{ ...source, kind: upstream.kind, health: upstream.health() }] : [];
  });
}
